import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let journalChecks: [Check] = [
        Check("the journal has every entry, newest first, by the store's clock") { bench in
            var session = try await bench.insert("one")
            let other = try await bench.insert("other")
            let start = bench.now
            let known = JournalEntry.Event.known
            let events = known + [JournalEntry.Event(rawValue: "of a newer version \u{7}")]
            for event in events {
                bench.clock.advance(by: .milliseconds(500))
                let entry = JournalEntry.Draft(
                    event, actor: "actor 7", outcome: "fine", requestID: "request", duration: .milliseconds(12))
                session = try await bench.store.update(session, tokens: nil, entry: entry)
            }
            let history = try await bench.store.history(of: session.id, limit: 100)
            try requireEqual(history.map(\.draft.event), events.reversed() + [.generated], "the events")
            try requireEqual(history.first?.at, bench.now, "the time of the newest")
            try requireEqual(history.last?.at, start, "the time of the oldest")
            try require(history.allSatisfy { $0.session == session.id }, "an entry is of another session")
            try require(
                zip(history, history.dropFirst()).allSatisfy { $0.position > $1.position }, "positions do not fall")
            let draft = JournalEntry.Draft(
                events[known.count], actor: "actor 7", outcome: "fine", requestID: "request",
                duration: .milliseconds(12))
            try requireEqual(history.first?.draft, draft, "the newest entry")
            try requireEqual(history.last?.draft, ConformanceBench.draft, "the oldest entry")
            let others = try await bench.store.history(of: other.id, limit: 100)
            try requireEqual(others.count, 1, "the other session's entries")
        },
        Check("history returns at most the requested number of newest entries") { bench in
            var session = try await bench.insert()
            for number in 0..<5 {
                let entry = JournalEntry.Draft(.set, actor: "\(number)")
                session = try await bench.store.update(session, tokens: nil, entry: entry)
            }
            let two = try await bench.store.history(of: session.id, limit: 2)
            try requireEqual(two.map(\.draft.actor), ["4", "3"], "two entries")
            try requireEqual(await bench.store.history(of: session.id, limit: 0), [], "none")
        },
        Check("an expiry is recorded once by any number of processes, and again after other tokens were set") { bench in
            var session = try await bench.insert(tokens: bench.tokens(access: 60))
            try await bench.insert("later", tokens: bench.tokens("later", access: 600))
            try await bench.insert("gone", tokens: bench.tokens("gone", access: 60)) { $0.discardedAt = bench.now }
            let end = bench.now + .seconds(60)
            func record(_ actor: String, after start: Date, until end: Date) async throws -> Int {
                let recorded = try await bench.store.recordExpiries(after: start, until: end, by: actor, batch: 10)
                try requireEqual(recorded.last, recorded.count == 0 ? nil : end, "when the last one expired")
                return recorded.count
            }
            let early = try await record("a", after: bench.now, until: end - .milliseconds(1))
            try requireEqual(early, 0, "the expiries before")
            async let one = record("a", after: bench.now, until: end)
            async let two = record("b", after: bench.now, until: end)
            try requireEqual(await [one, two].reduce(0, +), 1, "the recorded expiries")
            let events = try await bench.store.history(of: session.id, limit: 9).map(\.draft.event)
            try requireEqual(events, [.expired, .generated], "the events")
            let tokens = bench.tokens("new", access: 120)
            session.apply(tokens, at: bench.now)
            let entry = JournalEntry.Draft(.renewed, actor: "me")
            _ = try await bench.store.update(session, tokens: tokens, entry: entry)
            let again = try await record("b", after: end, until: bench.now + .seconds(120))
            try requireEqual(again, 1, "the expiry of the next tokens")
        },
        Check("a write without an entry adds none") { bench in
            let session = try await bench.insert()
            let updated = try await bench.store.update(session, tokens: nil, entry: nil)
            _ = try await bench.store.lease(updated, to: "me", for: .seconds(1), within: nil)
            let history = try await bench.store.history(of: session.id, limit: 100)
            try requireEqual(history.count, 1, "the number of entries")
        },
        Check("the journal can be read from any position, oldest first") { bench in
            try requireEqual(await bench.store.journalEnd(), 0, "the end of an empty journal")
            let one = try await bench.insert("one")
            let two = try await bench.insert("two")
            _ = try await bench.store.update(one, tokens: nil, entry: JournalEntry.Draft(.labeled, actor: "me"))
            let all = try await bench.store.journal(after: 0, limit: 100)
            try requireEqual(all.map(\.session), [one.id, two.id, one.id], "the sessions")
            try requireEqual(all.map(\.draft.event), [.generated, .generated, .labeled], "the events")
            try requireEqual(
                await bench.store.history(of: one.id, limit: 9), [all[2], all[0]], "one session's history")
            try requireEqual(await bench.store.journalEnd(), all[2].position, "the end")
            for (index, entry) in all.enumerated() {
                let rest = try await bench.store.journal(after: entry.position, limit: 100)
                try requireEqual(rest, Array(all[(index + 1)...]), "what is behind entry \(index)")
            }
            try requireEqual(await bench.store.journal(after: 0, limit: 2), Array(all[..<2]), "two entries")
            try requireEqual(await bench.store.journal(after: 0, limit: 0), [], "none")
        },
    ]
}

extension SessionStoreConformance {
    static let fingerprintChecks: [Check] = [
        Check("the journal identifies a session's token without containing it") { bench in
            var session = try await bench.insert("first")
            let label = JournalEntry.Draft(.labeled, actor: "me")
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
        Check("a session is found by its access or refresh token, even if discarded") { bench in
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
        Check("current holders of a token come before former ones") { bench in
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
