import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// A large import is built beside the store, and takes its place as a whole.
struct BulkImportTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private let place: TemporaryStore
    private let store: SQLiteSessionStore
    private let all = ManySessions(at: now, count: 120).all

    init() async throws {
        place = try TemporaryStore()
        store = try place.open()
    }

    private func start() async throws -> any BulkImport {
        try #require(try await store.bulkImport(of: 5000))
    }

    private func requireComplete(_ stored: [VisitorSession]) async throws {
        #expect(try await store.integrityCheck().isEmpty)
        let policy = SessionPolicy()
        let counts = try await store.counts(at: Self.now, policy: policy)
        for state in SessionState.allCases {
            #expect(counts[state] == stored.count { $0.state(at: Self.now, policy: policy) == state }, "\(state)")
        }
        for word in ["checkout", "rger", "client-b"] {
            let expected = stored.filter { $0.discardedAt == nil && SessionFilter(word).matches($0, in: .valid) }
            let found = try await place.list(store, SessionFilter(word)).map(\.id)
            #expect(Set(found) == Set(expected.map(\.id)) && !found.isEmpty, "\(word)")
        }
        for new in [all.first, all.last].compactMap(\.self) {
            #expect(try await store.opened(new.session.id)?.tokens == new.tokens)
            #expect(try await store.history(of: new.session.id, limit: 2).map(\.draft) == [new.entry])
        }
    }

    private func leftovers() throws -> [String] {
        try place.files().keys.filter { $0.contains("import") }
    }

    @Test("Nothing is stored before the end, and everything afterwards, beside what was there")
    func asAWhole() async throws {
        _ = try await store.insert(new: Array(all.prefix(20)))
        let bulk = try await start()
        #expect(try await bulk.add(Array(all[20..<70])).allSatisfy(\.self))
        #expect(try await bulk.add(Array(all.dropFirst(70))).allSatisfy(\.self))
        #expect(try await place.list(store).count <= 20)
        #expect(try await bulk.finish { _ in }.isEmpty)
        try await requireComplete(all.map(\.session))
        #expect(try leftovers().isEmpty && place.mode() == 0o600)
        // The store is in use afterwards as before.
        _ = try await place.insert("afterwards", into: store)
        #expect(try await place.list(store, SessionFilter("afterwards")).count == 1)
        #expect(try place.open(readOnly: true).isReadOnly)
    }

    @Test("Known tokens and IDs are left out, whether they were stored before or are in the import twice")
    func known() async throws {
        _ = try await store.insert(new: [all[0]])
        let bulk = try await start()
        #expect(try await bulk.add([all[0], all[1], all[1]]) == [false, true, false])
        #expect(try await bulk.add([all[1], all[2]]) == [false, true])
        _ = try await bulk.finish { _ in }
        #expect(try await store.counts(at: Self.now, policy: SessionPolicy()).states.values.reduce(0, +) == 3)
    }

    @Test("If the store is changed meanwhile, the sessions are inserted into it, and no change is lost")
    func changed() async throws {
        let bulk = try await start()
        _ = try await bulk.add(all)
        let other = try await place.insert("meanwhile", into: place.open())
        _ = try await store.insert(new: [all[7]])
        #expect(try await bulk.finish { _ in } == [all[7].session.id])
        #expect(try await store.session(other.id) != nil)
        try await requireComplete(all.map(\.session) + [other])
    }

    @Test("A store that another program has open, or that is large beside the import, isn't replaced")
    func others() async throws {
        let other = try place.otherProgram()
        try await other.read { _ = try $0.number("SELECT count(*) FROM session") }
        #expect(try await store.bulkImport(of: 5000) == nil)
        try other.close()
        #expect(try await store.bulkImport(of: 100) == nil)
        let bulk = try await start()
        #expect(try await store.bulkImport(of: 5000) == nil, "two builds at once")
        _ = bulk
    }

    @Test("An abandoned import leaves the store as it was, and no file", .timeLimit(.minutes(1)))
    func abandoned() async throws {
        let before = try await place.insert("before", into: store)
        _ = try await start().add(all)
        #expect(try await place.list(store) == [before])
        // Its file goes with the last reference to it, which a database queue may hold a moment longer.
        while try !leftovers().isEmpty { await Task.yield() }
    }
}
