import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let duplicateChecks: [Check] = [
        Check("a refresh token that another session in use holds is refused, and the error names that one") { bench in
            let holder = try await bench.insert("shared")
            let other = try await bench.insert("other")
            let new = bench.new("new", tokens: bench.tokens("shared"))
            try await requireDuplicate(bench, of: holder.id, unchanged: new.id, "inserting it") {
                _ = try await bench.store.insert(new, tokens: bench.tokens("shared"), entry: ConformanceBench.draft)
            }
            try await requireDuplicate(bench, of: holder.id, unchanged: other.id, "setting it") {
                _ = try await bench.store.update(other, tokens: bench.tokens("shared"), entry: ConformanceBench.draft)
            }
        },
        Check("a session may get the refresh token that it has already") { bench in
            let session = try await bench.insert("own")
            let tokens = bench.tokens("own", access: 7200)
            _ = try await bench.store.update(session, tokens: tokens, entry: nil)
            try requireEqual(await bench.snapshot(session.id).tokens, tokens, "the tokens")
        },
        Check("a refresh token is free once its session has another, or is put away") { bench in
            var first = try await bench.insert("one")
            first = try await bench.store.update(first, tokens: bench.tokens("two"), entry: nil)
            var second = try await bench.insert("second", tokens: bench.tokens("one"))
            second.discardedAt = bench.now
            second = try await bench.store.update(second, tokens: nil, entry: nil)
            try await bench.insert("third", tokens: bench.tokens("one"))
        },
        Check("a session that is put away takes any tokens, and is not taken back while another holds them") { bench in
            var away = try await bench.insert("away") { $0.discardedAt = bench.now }
            let holder = try await bench.insert("holder")
            // A renewal that comes back late must not be lost.
            away = try await bench.store.update(away, tokens: bench.tokens("holder"), entry: nil)
            var back = away
            back.discardedAt = nil
            let restored = back
            try await requireDuplicate(bench, of: holder.id, unchanged: away.id, "taking it back") {
                _ = try await bench.store.update(restored, tokens: nil, entry: ConformanceBench.draft)
            }
            var freed = holder
            freed.discardedAt = bench.now
            _ = try await bench.store.update(freed, tokens: nil, entry: nil)
            _ = try await bench.store.update(restored, tokens: nil, entry: ConformanceBench.draft)
        },
        Check("two sessions may have one access token, where neither has a refresh token") { bench in
            let tokens = Tokens(accessToken: AccessToken(Secret("a"), expiresAt: nil))
            try await bench.insert("one", tokens: tokens)
            let two = try await bench.insert("two", tokens: tokens)
            _ = try await bench.store.update(two, tokens: tokens, entry: nil)
        },
        Check("of concurrent sessions with one refresh token exactly one is stored") { bench in
            let tokens = bench.tokens("contested")
            let outcomes = try await bench.compete(12) { number in
                try await bench.insert("\(number)", tokens: tokens)
            }
            try requireEqual(outcomes.winners.count, 1, "the number of sessions")
            try requireEqual(outcomes.failures, Array(repeating: .duplicate, count: 11), "those refused")
        },
    ]

    private static func requireDuplicate(
        _ bench: ConformanceBench, of holder: SessionID, unchanged id: SessionID, _ sentence: String,
        _ body: () async throws -> Void
    ) async throws {
        try await bench.requireFailure(.duplicate, unchanged: id, sentence) {
            do {
                try await body()
            } catch let error as StoreError {
                try requireEqual(error.session, holder, "the session that the error names")
                throw error
            }
        }
    }
}
