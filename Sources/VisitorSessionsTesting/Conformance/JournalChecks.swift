import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let journalChecks: [Check] = [
        Check("the journal has every entry, newest first, by the store's clock") { bench in
            var session = try await bench.insert("one")
            let other = try await bench.insert("other")
            let start = bench.now
            for event in JournalEntry.Event.allCases {
                bench.clock.advance(by: .milliseconds(500))
                let entry = JournalEntry.Draft(event, actor: "actor 7", outcome: "fine", requestID: "request")
                session = try await bench.store.update(session, tokens: nil, entry: entry)
            }
            let history = try await bench.store.history(of: session.id, limit: 100)
            let events = JournalEntry.Event.allCases.reversed() + [.generated]
            try requireEqual(history.map(\.draft.event), events, "the events")
            try requireEqual(history.first?.at, bench.now, "the time of the newest")
            try requireEqual(history.last?.at, start, "the time of the oldest")
            try require(history.allSatisfy { $0.session == session.id }, "an entry is of another session")
            try require(
                zip(history, history.dropFirst()).allSatisfy { $0.position > $1.position }, "positions do not fall")
            let draft = JournalEntry.Draft(.purged, actor: "actor 7", outcome: "fine", requestID: "request")
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
            _ = try await bench.store.lease(updated, to: "me", for: .seconds(1))
            let history = try await bench.store.history(of: session.id, limit: 100)
            try requireEqual(history.count, 1, "the number of entries")
        },
    ]
}
