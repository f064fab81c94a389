import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let writeChecks: [Check] = [
        Check("insert refuses an ID that is taken, and leaves what has it") { bench in
            let session = try await bench.insert("first")
            try await bench.requireFailure(.conflict, unchanged: session.id, "inserting twice") {
                _ = try await bench.store.insert(session, tokens: bench.tokens("other"), entry: ConformanceBench.draft)
            }
        },
        Check("update replaces the session, counts its version, and keeps the tokens unless it gets some") { bench in
            var session = try await bench.insert("before")
            let first = session.version
            session.label = "after"
            session.autoRenew = true
            session.discardedAt = bench.now
            session.sentAt = bench.now
            session = try await bench.store.update(session, tokens: nil, entry: nil)
            try require(session.version > first, "the version did not grow")
            var snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.session, session, "the session")
            try requireEqual(snapshot.session?.label, "after", "the label")
            try requireEqual(snapshot.tokens, bench.tokens("before"), "the tokens")

            let tokens = bench.tokens("renewed", access: 7200, refresh: nil)
            session.take(tokens, at: bench.now)
            session.discardedAt = nil
            session = try await bench.store.update(session, tokens: tokens, entry: nil)
            snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.session, session, "the session with new tokens")
            try requireEqual(snapshot.tokens, tokens, "the new tokens")
            try requireEqual(snapshot.session?.sentAt, nil, "the mark of a sent token")

            session = try await bench.store.update(session, tokens: Tokens(), entry: nil)
            snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.tokens, Tokens(), "no tokens, which are given, too")
        },
        Check("update with an old version is a conflict, and writes nothing") { bench in
            let old = try await bench.insert("one")
            var newer = old
            newer.label = "two"
            newer = try await bench.store.update(newer, tokens: nil, entry: nil)
            for version in [old.version, newer.version + 1, 0] {
                var session = old
                session.version = version
                session.label = "lost"
                try await bench.requireFailure(.conflict, unchanged: old.id, "writing version \(version)") {
                    let entry = JournalEntry.Draft(.labelled, actor: "late")
                    _ = try await bench.store.update(session, tokens: bench.tokens("late"), entry: entry)
                }
            }
        },
        Check("update and lease of what is not there fail as not found, and make nothing") { bench in
            let session = bench.new("nobody")
            try await bench.requireFailure(.notFound, unchanged: session.id, "updating nothing") {
                _ = try await bench.store.update(session, tokens: bench.tokens(), entry: ConformanceBench.draft)
            }
            try await bench.requireFailure(.notFound, unchanged: session.id, "leasing nothing") {
                _ = try await bench.store.lease(session, to: "holder", for: .seconds(60), within: nil)
            }
        },
        Check("of concurrent writers of one version exactly one wins, and the others are told") { bench in
            let session = try await bench.insert("contested")
            let outcomes = try await bench.compete(20) { writer in
                var mine = session
                mine.label = "writer \(writer)"
                let entry = JournalEntry.Draft(.labelled, actor: mine.label)
                return try await bench.store.update(mine, tokens: nil, entry: entry)
            }
            try requireEqual(outcomes.winners.count, 1, "the number of winners")
            try requireEqual(outcomes.failures, Array(repeating: .conflict, count: 19), "the others")
            let snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.session, outcomes.winners.first, "what is stored")
            try requireEqual(snapshot.history.count, 2, "the number of journal entries")
            try requireEqual(
                snapshot.history.first?.draft.actor, outcomes.winners.first?.label, "the writer in the journal")
        },
        Check("a write is finished though its task is cancelled") { bench in
            let session = bench.new("cancelled")
            let store = bench.store
            let tokens = bench.tokens()
            let task = Task {
                // Cancelled before it begins, which is as early as can be.
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.insert(session, tokens: tokens, entry: ConformanceBench.draft)
            }
            let stored = try await task.value
            try requireEqual(await store.session(session.id), stored, "what is stored")
        },
    ]
}
