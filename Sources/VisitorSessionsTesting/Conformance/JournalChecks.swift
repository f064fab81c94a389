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
                try requireEqual(rest, Array(all[(index + 1)...]), "the entries after entry \(index)")
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
            let first = try unwrap(prints[0], "the first entry has no fingerprint")
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
                await holders(bench, "refresh-wanted", since: long), [present, former], "the holders since long ago")
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

extension SessionStoreConformance {
    static let purgeChecks: [Check] = [
        Check("sessions are purged after the grace period, with their tokens and an entry each") {
            bench in
            let kept = try await bench.insert("kept")
            let gone = try await bench.insert("gone") { $0.discardedAt = bench.now }
            bench.clock.advance(by: .milliseconds(59_500))
            let later = try await bench.insert("later") { $0.discardedAt = bench.now }
            let retention = Retention(gracePeriod: .seconds(60))
            try requireEqual(
                await bench.store.purge(retention, by: "broom 1", batch: 9), PurgeResult(), "half a second early")
            bench.clock.advance(by: .milliseconds(500))
            let purged = try await bench.store.purge(retention, by: "broom 1", batch: 9)
            try requireEqual(purged, PurgeResult(purgedSessions: 1), "in time")
            try requireEqual(await bench.snapshot(gone.id).session, nil, "the purged session")
            let entry = try await bench.store.history(of: gone.id, limit: 1).first
            try requireEqual(entry?.draft, JournalEntry.Draft(.purged, actor: "broom 1"), "its entry")
            try requireEqual(entry?.fingerprint, nil, "its fingerprint")
            let held = try await bench.store.sessions(holding: Secret("refresh-gone"), since: .distantPast, limit: 9)
            try requireEqual(held, [], "those that hold its token")
            for session in [kept, later] {
                try requireEqual(await bench.store.opened(session.id)?.session, session, "another session")
            }
        },
        Check("a leased session isn't purged before its lease expires") { bench in
            let session = try await bench.insert("leased") { $0.discardedAt = bench.now }
            _ = try await bench.store.lease(session, to: "me", for: .seconds(60), within: nil)
            let retention = Retention(gracePeriod: .zero)
            bench.clock.advance(by: .milliseconds(59_500))
            try requireEqual(
                await bench.store.purge(retention, by: "me", batch: 9), PurgeResult(), "while it is leased")
            bench.clock.advance(by: .milliseconds(500))
            let purged = try await bench.store.purge(retention, by: "me", batch: 9)
            try requireEqual(purged, PurgeResult(purgedSessions: 1), "afterwards")
        },
        Check(
            "purging takes at most one batch and reports whether more is left; other processes are locked out meanwhile"
        ) {
            bench in
            for number in 0..<7 { try await bench.insert("\(number)") { $0.discardedAt = bench.now } }
            let retention = Retention(gracePeriod: .zero)
            var purged = try await bench.store.purge(retention, by: "one", batch: 3)
            try requireEqual(purged, PurgeResult(purgedSessions: 3, isMoreLeft: true), "the first")
            try requireEqual(await bench.store.purge(retention, by: "two", batch: 3), nil, "another process")
            purged = try await bench.store.purge(retention, by: "one", batch: 3)
            try requireEqual(purged, PurgeResult(purgedSessions: 3, isMoreLeft: true), "the second")
            bench.clock.advance(by: .seconds(60))
            purged = try await bench.store.purge(retention, by: "two", batch: 3)
            try requireEqual(purged, PurgeResult(purgedSessions: 1), "another process, after a minute without renewal")
            try requireEqual(
                await bench.store.purge(retention, by: "one", batch: 3), PurgeResult(), "when nothing is left")
        },
        Check("the journal is trimmed by age and number, oldest first; positions continue") { bench in
            var session = try await bench.insert("aging")
            func write(_ count: Int) async throws {
                for _ in 0..<count {
                    session = try await bench.store.update(session, tokens: nil, entry: ConformanceBench.draft)
                }
            }
            func positions() async throws -> [Int] {
                try await bench.store.journal(after: 0, limit: 100).map(\.position)
            }
            try await write(5)
            bench.clock.advance(by: .seconds(50))
            try await write(6)
            let all = try await positions()
            try requireEqual(all.count, 12, "the number of entries")
            bench.clock.advance(by: .seconds(50))
            let byAge = Retention(journalAge: .seconds(100))
            var purged = try await bench.store.purge(byAge, by: "me", batch: 4)
            try requireEqual(purged, PurgeResult(trimmedEntries: 4, isMoreLeft: true), "the first batch")
            purged = try await bench.store.purge(byAge, by: "me", batch: 4)
            try requireEqual(purged, PurgeResult(trimmedEntries: 2), "the second batch")
            try requireEqual(await positions(), Array(all[6...]), "what is left")
            purged = try await bench.store.purge(Retention(journalCount: 2), by: "me", batch: 4)
            try requireEqual(purged, PurgeResult(trimmedEntries: 4), "by number")
            try requireEqual(await positions(), Array(all[10...]), "what is left by number")
            purged = try await bench.store.purge(Retention(journalCount: 0), by: "me", batch: 4)
            try requireEqual(await positions(), [], "what is left if nothing is kept")
            try requireEqual(await bench.store.journalEnd(), all[11], "the end")
            try await write(1)
            try requireEqual(await positions(), [all[11] + 1], "the next position")
        },
    ]
}

extension SessionStoreConformance {
    private static let issuer = "https://issuer.example"

    static let clockChecks: [Check] = [
        Check("a clock reading comes with the store's times of storing and reading it") { bench in
            try requireEqual(try await bench.store.clockReading(of: issuer, bootID: "boot"), nil, "never stored")
            let reading = bench.reading("boot", ahead: 18_000)
            try await bench.store.store(reading, of: issuer)
            let storedAt = bench.now
            bench.clock.advance(by: .seconds(90))
            let expected = StoredClockReading(reading, storedAt: storedAt, readAt: bench.now)
            try requireEqual(try await bench.store.clockReading(of: issuer, bootID: "boot"), expected, "the reading")
        },
        Check("the last reading of a boot takes precedence over other boots") { bench in
            for (boot, ahead) in [("one", 1.0), ("two", 2), ("one", 3), ("three", 4)] {
                try await bench.store.store(bench.reading(boot, ahead: ahead), of: issuer)
                bench.clock.advance(by: .seconds(1))
            }
            for (boot, ahead) in [("one", 3.0), ("two", 2), ("three", 4), ("four", 4), ("", 4)] {
                let stored = try await bench.store.clockReading(of: issuer, bootID: boot)
                let found = stored.map { $0.reading.issuerTime.timeIntervalSince($0.storedAt) }
                try requireEqual(found, ahead, "the reading for boot “\(boot)”")
            }
        },
        Check("every issuer has its own clock") { bench in
            for (name, ahead) in [(issuer, 1.0), ("", 2), ("i\u{0}", 3), ("İ", 4)] {
                try await bench.store.store(bench.reading("boot", ahead: ahead), of: name)
            }
            let found = try await bench.store.clockReading(of: issuer, bootID: "boot")?.reading
            try requireEqual(found, bench.reading("boot", ahead: 1), "the reading")
            try requireEqual(try await bench.store.clockReading(of: "i", bootID: "boot"), nil, "an unknown issuer")
        },
        Check("readings older than a month are removed when another boot stores one") { bench in
            try await bench.store.store(bench.reading("old", ahead: 1), of: issuer)
            bench.clock.advance(by: .seconds(31 * 86_400))
            try await bench.store.store(bench.reading("new", ahead: 2), of: issuer)
            let found = try await bench.store.clockReading(of: issuer, bootID: "old")?.reading.uptime.bootID
            try requireEqual(found, "new", "the boot whose reading is left")
        },
        Check("storing a reading writes no journal entry") { bench in
            try await bench.store.store(bench.reading("boot", ahead: 1), of: issuer)
            try requireEqual(try await bench.store.journalEnd(), 0, "the end of the journal")
        },
    ]
}

extension ConformanceBench {
    fileprivate func reading(_ bootID: String, ahead: Double) -> ClockReading {
        ClockReading(
            issuerTime: now + .seconds(ahead), uptime: MachineUptime(bootID: bootID, elapsed: .milliseconds(123_456)))
    }
}
