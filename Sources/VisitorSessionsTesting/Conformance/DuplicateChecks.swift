import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let duplicateChecks: [Check] = [
        Check("a refresh token that another session holds is refused, and the error names that session") { bench in
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
        Check("a session may keep its own refresh token") { bench in
            let session = try await bench.insert("own")
            let tokens = bench.tokens("own", access: 7200)
            _ = try await bench.store.update(session, tokens: tokens, entry: nil)
            try requireEqual(await bench.snapshot(session.id).tokens, tokens, "the tokens")
        },
        Check("a refresh token is free once its session has another one or is discarded") { bench in
            var first = try await bench.insert("one")
            first = try await bench.store.update(first, tokens: bench.tokens("two"), entry: nil)
            var second = try await bench.insert("second", tokens: bench.tokens("one"))
            second.discardedAt = bench.now
            second = try await bench.store.update(second, tokens: nil, entry: nil)
            try await bench.insert("third", tokens: bench.tokens("one"))
        },
        Check("a discarded session accepts any tokens, and isn't restored while another session holds them") { bench in
            var away = try await bench.insert("away") { $0.discardedAt = bench.now }
            let holder = try await bench.insert("holder")
            // The result of a late renewal must not be lost.
            away = try await bench.store.update(away, tokens: bench.tokens("holder"), entry: nil)
            var back = away
            back.discardedAt = nil
            let restored = back
            try await requireDuplicate(bench, of: holder.id, unchanged: away.id, "restoring it") {
                _ = try await bench.store.update(restored, tokens: nil, entry: ConformanceBench.draft)
            }
            var freed = holder
            freed.discardedAt = bench.now
            _ = try await bench.store.update(freed, tokens: nil, entry: nil)
            _ = try await bench.store.update(restored, tokens: nil, entry: ConformanceBench.draft)
        },
        Check("two sessions without refresh tokens may share an access token") { bench in
            let tokens = Tokens(accessToken: AccessToken(Secret("a"), expiresAt: nil))
            try await bench.insert("one", tokens: tokens)
            let two = try await bench.insert("two", tokens: tokens)
            _ = try await bench.store.update(two, tokens: tokens, entry: nil)
        },
        Check("exactly one of several concurrent inserts with the same refresh token succeeds") { bench in
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

extension SessionStoreConformance {
    static let batchChecks: [Check] = [
        Check("a bulk insertion stores every session with its tokens and an entry") { bench in
            var generated = GeneratedSessions(at: bench.now)
            let new = (0..<120).map { _ in
                let (session, tokens) = generated.next()
                return NewSession(session, tokens: tokens, entry: ConformanceBench.draft)
            }
            try requireEqual(
                await bench.store.insert(new: new), Array(repeating: .stored, count: 120), "the results")
            let other = InMemorySessionStore(now: bench.clock.date)
            for new in new {
                let expected = try other.insert(new.session, tokens: new.tokens, entry: new.entry)
                let snapshot = try await bench.snapshot(new.session.id)
                try requireEqual(snapshot.session, expected, "a session")
                try requireEqual(snapshot.tokens, new.tokens, "its tokens")
                try requireEqual(snapshot.history.map(\.draft), [ConformanceBench.draft], "its history")
                let token = new.tokens.refreshToken?.value ?? new.tokens.accessToken?.value
                try requireEqual(
                    snapshot.history.first?.fingerprint == nil, token == nil, "whether it has a fingerprint")
            }
            let entries = try await bench.store.journal(after: 0, limit: 1000).map(\.session)
            try requireEqual(entries, new.map(\.session.id), "the order of the journal")
        },
        Check("a bulk insertion skips known sessions and stores the others") { bench in
            let held = try await bench.insert("held")
            var once = try await bench.insert("once")
            once = try await bench.store.update(once, tokens: bench.tokens("newer"), entry: ConformanceBench.draft)
            let away = try await bench.insert("away") { $0.discardedAt = bench.now }
            let access = Tokens(accessToken: AccessToken(Secret("access-alone"), expiresAt: nil))
            let alone = try await bench.insert("alone", tokens: access)
            let tokens = ["held", "once", "away", "newer", "first", "first"].map { bench.tokens($0) }
            let new = (tokens + [access, Tokens(), Tokens()]).map { tokens in
                NewSession(bench.new("new", tokens: tokens), tokens: tokens, entry: ConformanceBench.draft)
            }
            let before = try await bench.store.journalEnd()
            try requireEqual(
                await bench.store.insert(new: new),
                [
                    .duplicate(held.id), .duplicate(once.id), .duplicate(away.id), .duplicate(once.id), .stored,
                    .duplicate(new[4].session.id), .duplicate(alone.id), .stored, .stored,
                ], "the results")
            try requireEqual(await bench.snapshot(held.id).session, held, "the one that holds a token")
            try requireEqual(await bench.snapshot(new[0].session.id).session, nil, "one that is known")
            try requireEqual(await bench.store.journalEnd(), before + 3, "the end of the journal")
        },
        Check("a duplicate names the session in use before former holders") { bench in
            var former = try await bench.insert("one")
            former = try await bench.store.update(former, tokens: bench.tokens("two"), entry: ConformanceBench.draft)
            try await bench.insert("away", tokens: bench.tokens("one")) { $0.discardedAt = bench.now }
            let new = NewSession(bench.new(), tokens: bench.tokens("one"), entry: ConformanceBench.draft)
            try requireEqual(await bench.store.insert(new: [new]), [.duplicate(former.id)], "the named session")
        },
        Check("a duplicate within a batch names the session in use, in any order") { bench in
            for isUsedFirst in [true, false] {
                let access = AccessToken(Secret("shared \(isUsedFirst)"), expiresAt: nil)
                let new = ["one", "two", nil].enumerated().map { number, name in
                    let refresh = name.flatMap { bench.tokens("\($0) \(isUsedFirst)").refreshToken }
                    let tokens = Tokens(accessToken: access, refreshToken: refresh)
                    var session = bench.new("", tokens: tokens)
                    if number == (isUsedFirst ? 1 : 0) { session.discardedAt = bench.now }
                    return NewSession(session, tokens: tokens, entry: ConformanceBench.draft)
                }
                let used = new[isUsedFirst ? 0 : 1].session.id
                try requireEqual(
                    await bench.store.insert(new: new), [.stored, .stored, .duplicate(used)], "the results")
            }
        },
        Check("an ID conflict is reported and changes nothing") { bench in
            let session = try await bench.insert("first")
            let tokens = ["second", "third"].map { bench.tokens($0) }
            let third = bench.new("third", tokens: tokens[1])
            let new = [
                NewSession(session, tokens: tokens[0], entry: ConformanceBench.draft),
                NewSession(third, tokens: tokens[1], entry: ConformanceBench.draft),
                NewSession(third, tokens: Tokens(), entry: ConformanceBench.draft),
            ]
            try requireEqual(
                await bench.store.insert(new: new), [.idConflict, .stored, .idConflict], "the results")
            try requireEqual(await bench.snapshot(session.id).tokens, bench.tokens("first"), "the tokens of the first")
            try requireEqual(await bench.snapshot(third.id).tokens, tokens[1], "those of the third")
        },
        Check("an empty batch succeeds") { bench in
            try requireEqual(await bench.store.insert(new: []), [], "the results")
        },
    ]
}
