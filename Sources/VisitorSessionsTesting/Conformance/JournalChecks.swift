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
                let entry = JournalEntry.Draft(event, actor: "actor 7", outcome: "fine", requestID: "request")
                session = try await bench.store.update(session, tokens: nil, entry: entry)
            }
            let history = try await bench.store.history(of: session.id, limit: 100)
            try requireEqual(history.map(\.draft.event), events.reversed() + [.generated], "the events")
            try requireEqual(history.first?.at, bench.now, "the time of the newest")
            try requireEqual(history.last?.at, start, "the time of the oldest")
            try require(history.allSatisfy { $0.session == session.id }, "an entry is of another session")
            try require(
                zip(history, history.dropFirst()).allSatisfy { $0.position > $1.position }, "positions do not fall")
            let draft = JournalEntry.Draft(events[known.count], actor: "actor 7", outcome: "fine", requestID: "request")
            try requireEqual(history.first?.draft, draft, "the newest entry")
            try requireEqual(history.last?.draft, ConformanceBench.draft, "the oldest entry")
            let others = try await bench.store.history(of: other.id, limit: 100)
            try requireEqual(others.count, 1, "the other session's entries")
        },
        Check("history gives no more than it is asked for, and the newest of it") { bench in
            var session = try await bench.insert()
            for number in 0..<5 {
                let entry = JournalEntry.Draft(.set, actor: "\(number)")
                session = try await bench.store.update(session, tokens: nil, entry: entry)
            }
            let two = try await bench.store.history(of: session.id, limit: 2)
            try requireEqual(two.map(\.draft.actor), ["4", "3"], "two entries")
            try requireEqual(await bench.store.history(of: session.id, limit: 0), [], "none")
        },
        Check("a write without an entry leaves none") { bench in
            let session = try await bench.insert()
            let updated = try await bench.store.update(session, tokens: nil, entry: nil)
            _ = try await bench.store.lease(updated, to: "me", for: .seconds(1), within: nil)
            let history = try await bench.store.history(of: session.id, limit: 100)
            try requireEqual(history.count, 1, "the number of entries")
        },
        Check("the whole journal is read on from any position, oldest first") { bench in
            try requireEqual(await bench.store.journalEnd(), 0, "the end of an empty journal")
            let one = try await bench.insert("one")
            let two = try await bench.insert("two")
            _ = try await bench.store.update(one, tokens: nil, entry: JournalEntry.Draft(.labelled, actor: "me"))
            let all = try await bench.store.journal(after: 0, limit: 100)
            try requireEqual(all.map(\.session), [one.id, two.id, one.id], "the sessions")
            try requireEqual(all.map(\.draft.event), [.generated, .generated, .labelled], "the events")
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
