import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let fingerprintChecks: [Check] = [
        Check("the journal says which token a session had, without saying the token") { bench in
            var session = try await bench.insert("first")
            let label = JournalEntry.Draft(.labelled, actor: "me")
            session = try await bench.store.update(session, tokens: nil, entry: label)
            session = try await bench.store.update(session, tokens: bench.tokens("second"), entry: label)
            session = try await bench.store.update(session, tokens: bench.tokens("first", access: 9), entry: label)
            let access = Tokens(accessToken: bench.tokens("first").accessToken)
            session = try await bench.store.update(session, tokens: access, entry: label)
            session = try await bench.store.update(session, tokens: Tokens(), entry: label)
            let prints = try await bench.store.history(of: session.id, limit: 9).reversed().map(\.fingerprint)
            try requireEqual(prints.count, 6, "the number of entries")
            let first = try unwrap(prints[0], "the first entry says nothing")
            try requireEqual(prints[1], first, "after a label")
            try require(prints[2] != nil && prints[2] != first, "another token has the same fingerprint")
            try requireEqual(prints[3], first, "the first token again")
            try require(prints[4] != nil && prints[4] != first, "an access token alone has no fingerprint of its own")
            try requireEqual(prints[5], nil, "without tokens")
        },
        Check("a session is found by the access or the refresh token that it holds, and put away, too") { bench in
            let one = try await bench.insert("one")
            let two = try await bench.insert("two") { $0.discardedAt = bench.now }
            for (name, session) in [("one", one), ("two", two)] {
                for token in ["access-\(name)", "refresh-\(name)"] {
                    try requireEqual(await holders(bench, token), [session], "those that hold \(token)")
                }
            }
            for other in ["access-three", "one", "", "access-one\u{0}"] {
                try requireEqual(await holders(bench, other), [], "those that hold “\(other)”")
            }
        },
        Check("those that hold a token come first, and after them those that held it since then") { bench in
            var former = try await bench.insert("wanted")
            bench.clock.advance(by: .seconds(10))
            former = try await bench.store.update(former, tokens: bench.tokens("newer"), entry: ConformanceBench.draft)
            let replaced = bench.now
            bench.clock.advance(by: .seconds(10))
            let tokens = bench.tokens("wanted")
            let present = try await bench.insert("present", tokens: tokens)
            let long = bench.now - .seconds(1000)
            try requireEqual(
                await holders(bench, "refresh-wanted", since: long), [present, former], "those since long")
            let before = replaced - .seconds(1)
            try requireEqual(
                await holders(bench, "refresh-wanted", since: before), [present, former],
                "those that held it just before it was replaced")
            try requireEqual(
                await holders(bench, "refresh-wanted", since: replaced), [present], "those since it was replaced")
            let limited = try await bench.store.sessions(holding: Secret("refresh-wanted"), since: long, limit: 1)
            try requireEqual(limited, [present], "one")
            try requireEqual(
                await bench.store.sessions(holding: Secret("refresh-wanted"), since: long, limit: 0), [], "none")
        },
    ]

    private static func holders(
        _ bench: ConformanceBench, _ token: String, since: Date? = nil
    ) async throws -> [VisitorSession] {
        try await bench.store.sessions(holding: Secret(token), since: since ?? bench.now, limit: 10)
    }
}
