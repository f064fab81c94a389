import Foundation
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// Sessions inserted in bulk are counted and found like those inserted one by one.
struct BulkInsertionTests {
    @Test("Counts and words are right after two batches with a single insert in between")
    func batches() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let all = ManySessions(at: now, count: 120).all
        var stored: [VisitorSession] = []
        for new in [Array(all.prefix(60)), Array(all.dropFirst(61))] {
            let insertions = try await store.insert(new: new)
            stored += zip(new, insertions).filter { $0.1 == .stored }.map(\.0.session)
            if stored.count <= 60 {
                _ = try await store.insert(all[60].session, tokens: all[60].tokens, entry: all[60].entry)
                stored.append(all[60].session)
            }
        }
        #expect(stored.count == 120)
        let policy = SessionPolicy()
        let counts = try await store.counts(at: now, policy: policy)
        for state in SessionState.allCases {
            #expect(counts[state] == stored.count { $0.state(at: now, policy: policy) == state }, "\(state)")
        }
        for word in ["checkout", "rger", "client-b"] {
            let expected = stored.filter { $0.discardedAt == nil && SessionFilter(word).matches($0, in: .valid) }
            let found = try await place.list(store, SessionFilter(word)).map(\.id)
            #expect(Set(found) == Set(expected.map(\.id)) && !found.isEmpty, "\(word)")
        }
    }
}
