import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let writeChecks: [Check] = [
        Check("insert refuses an existing ID and changes nothing") { bench in
            let session = try await bench.insert("first")
            try await bench.requireFailure(.conflict, unchanged: session.id, "inserting twice") {
                _ = try await bench.store.insert(session, tokens: bench.tokens("other"), entry: ConformanceBench.draft)
            }
        },
        Check("update replaces the session, increments its version and keeps the tokens unless given new ones") {
            bench in
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
            session.apply(tokens, at: bench.now)
            session.discardedAt = nil
            session = try await bench.store.update(session, tokens: tokens, entry: nil)
            snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.session, session, "the session with new tokens")
            try requireEqual(snapshot.tokens, tokens, "the new tokens")
            try requireEqual(snapshot.session?.sentAt, nil, "the mark of a sent token")

            session = try await bench.store.update(session, tokens: Tokens(), entry: nil)
            snapshot = try await bench.snapshot(session.id)
            try requireEqual(snapshot.tokens, Tokens(), "the empty tokens, which replace the stored ones")
        },
        Check("replaced tokens are kept until others are kept, and no session is found by them") { bench in
            var session = try await bench.insert("one")
            let id = session.id
            try requireEqual(await bench.store.replacedTokens(of: id), nil, "the replaced tokens of a new session")
            func keep(_ replaced: ReplacedTokens?) async throws {
                session = try await bench.store.update(
                    session, tokens: bench.tokens("new"), entry: ConformanceBench.draft, keeping: replaced)
            }
            let first = ReplacedTokens(
                bench.tokens("first"), clientID: "other", visitorID: "visitor", issuer: "https://issuer.example",
                tokensAt: bench.now - .seconds(60), refusedAt: bench.now)
            try await keep(first)
            try requireEqual(await bench.store.replacedTokens(of: id), first, "the replaced tokens")
            try await keep(nil)
            try requireEqual(await bench.store.replacedTokens(of: id), first, "the replaced tokens, kept before")
            let token = try unwrap(first.tokens.refreshToken, "the refresh token")
            let holders = try await bench.store.sessions(holding: token.value, since: .distantPast, limit: 1)
            try requireEqual(holders, [], "the holders of replaced tokens that were never the session's")
            let second = ReplacedTokens(Tokens(), clientID: "client")
            try await keep(second)
            try requireEqual(await bench.store.replacedTokens(of: id), second, "the tokens replaced later")
        },
        Check("update with an old version is a conflict and writes nothing") { bench in
            let old = try await bench.insert("one")
            var newer = old
            newer.label = "two"
            newer = try await bench.store.update(newer, tokens: nil, entry: nil)
            for version in [old.version, newer.version + 1, 0] {
                var session = old
                session.version = version
                session.label = "lost"
                try await bench.requireFailure(.conflict, unchanged: old.id, "writing version \(version)") {
                    let entry = JournalEntry.Draft(.labeled, actor: "late")
                    _ = try await bench.store.update(session, tokens: bench.tokens("late"), entry: entry)
                }
            }
        },
        Check("updating or leasing a missing session fails and creates nothing") { bench in
            let session = bench.new("missing")
            try await bench.requireFailure(.notFound, unchanged: session.id, "updating nothing") {
                _ = try await bench.store.update(session, tokens: bench.tokens(), entry: ConformanceBench.draft)
            }
            try await bench.requireFailure(.notFound, unchanged: session.id, "leasing nothing") {
                _ = try await bench.store.lease(session, to: "holder", for: .seconds(60), within: nil)
            }
        },
        Check("exactly one of several concurrent writers of one version succeeds") { bench in
            let session = try await bench.insert("contested")
            let outcomes = try await bench.compete(20) { writer in
                var mine = session
                mine.label = "writer \(writer)"
                let entry = JournalEntry.Draft(.labeled, actor: mine.label)
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
        Check("a write finishes even if its task is cancelled") { bench in
            let session = bench.new("cancelled")
            let store = bench.store
            let tokens = bench.tokens()
            let task = Task {
                // Cancelled before it starts, the earliest possible moment.
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.insert(session, tokens: tokens, entry: ConformanceBench.draft)
            }
            let stored = try await task.value
            try requireEqual(await store.session(session.id), stored, "what is stored")
        },
    ]
}

extension SessionStoreConformance {
    static let roundTripChecks: [Check] = [
        Check("a session and its tokens are read as they were stored") { bench in
            var generated = GeneratedSessions(at: bench.now)
            for _ in 0..<60 {
                let (session, tokens) = generated.next()
                let stored = try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft)
                var expected = session
                expected.version = stored.version
                try requireEqual(stored, expected, "what insert returns")
                let read = try await bench.store.session(session.id)
                try requireEqual(read, expected, "what session(_:) returns")
                let opened = try unwrap(await bench.store.opened(session.id), "opened(_:) found nothing")
                try requireEqual(opened.session, expected, "the session that opened(_:) returns")
                try requireEqual(opened.tokens, tokens, "the tokens that opened(_:) returns")
                let listed = try unwrap(
                    await bench.store.sessions(named: session.id.description, limit: 1).first, "its ID isn't found")
                try requireEqual(listed, expected, "what a list has")
            }
        },
        Check("tokens are read as stored, whatever the session says") { bench in
            let tokens = bench.tokens("own", access: 60, refresh: 120)
            let session = try await bench.insert(tokens: tokens) { session in
                session.visitorID = "another"
                session.role = .member
                session.accessExpiry = .unknown
                session.refreshExpiry = .absent
            }
            let opened = try unwrap(await bench.store.opened(session.id), "opened(_:) found nothing")
            try requireEqual(opened.tokens, tokens, "the tokens")
            try requireEqual(opened.session, session, "the session")
        },
        Check("text keeps every character, except that U+0000 becomes U+FFFD") { bench in
            func shown(_ text: String?) -> String? { text?.replacing("\0", with: "\u{FFFD}") }
            let label = "ab \u{1F9D1}\u{200D}\u{1F4BB} e\u{301} \u{202E}'\"%_\\ [31m"
            let tokens = Tokens(
                accessToken: AccessToken(Secret("t\u{0}ö"), expiresAt: nil, visitorID: "v\u{0}" + label))
            let session = try await bench.insert(label, client: "c\u{0}d", tokens: tokens)
            let snapshot = try await bench.snapshot(session.id)
            try require(
                snapshot.session.map { Array($0.label.unicodeScalars) } == Array(label.unicodeScalars),
                "the label lost something")
            try requireEqual(shown(snapshot.session?.clientID), "c\u{FFFD}d", "the client ID")
            try requireEqual(shown(snapshot.session?.visitorID), "v\u{FFFD}" + label, "the visitor ID")
            try requireEqual(
                shown(snapshot.tokens?.accessToken?.visitorID), "v\u{FFFD}" + label, "the access token's visitor ID")
            try requireEqual(snapshot.tokens?.accessToken?.value, tokens.accessToken?.value, "the token")
        },
        Check("a label with control characters is refused and nothing is written") { bench in
            let session = try await bench.insert("plain")
            for label in ["a\u{0}b", "a\tb", "a\nb", "\u{1B}[31m", "\u{7F}", "\u{85}"] {
                var labeled = session
                labeled.label = label
                try await bench.requireFailure(
                    .invalidLabel, unchanged: session.id, "an update to “\(label.debugDescription)”"
                ) {
                    _ = try await bench.store.update(labeled, tokens: nil, entry: ConformanceBench.draft)
                }
                let new = bench.new(label)
                try await bench.requireFailure(.invalidLabel, unchanged: new.id, "an insertion") {
                    _ = try await bench.store.insert(new, tokens: bench.tokens("new"), entry: ConformanceBench.draft)
                }
                let batch = [bench.new("good"), new].map {
                    NewSession($0, tokens: bench.tokens($0.id.description), entry: ConformanceBench.draft)
                }
                try await bench.requireFailure(.invalidLabel, unchanged: batch[0].session.id, "one of many insertions")
                {
                    _ = try await bench.store.insert(new: batch)
                }
            }
        },
        Check("dates survive within half a millisecond, whole milliseconds exactly") { bench in
            for offset in [0.0004, 0.001, 0.0015, 0.123, 0.999, -0.25, 1e9, -3e9] {
                let date = bench.now.addingTimeInterval(offset)
                let session = try await bench.insert { $0.createdAt = date }
                let read = try unwrap(await bench.store.session(session.id), "it is not there")
                let difference = abs(read.createdAt.timeIntervalSince(date))
                try require(difference <= 0.000501, "\(offset) came back \(difference) seconds off")
                try requireEqual(read.createdAt, session.createdAt, "what insert returned and what is stored")
                let whole = Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000).rounded() / 1000)
                let second = try await bench.insert { $0.createdAt = whole }
                try requireEqual(second.createdAt, whole, "a whole millisecond")
            }
        },
        Check("extreme dates neither fail nor get a special meaning") { bench in
            for date in [Date.distantPast, .distantFuture] {
                let tokens = Tokens(accessToken: AccessToken(Secret("a"), expiresAt: date))
                let session = try await bench.insert(tokens: tokens)
                try requireEqual(session.accessExpiry, .at(date), "the expiry")
            }
            let absurd = Tokens(
                accessToken: AccessToken(Secret("a"), expiresAt: Date(timeIntervalSince1970: 1e300)))
            let session = try await bench.insert(tokens: absurd)
            try require(session.accessExpiry.date != nil, "an absurd expiry is lost")
        },
        Check("missing sessions are nil, and empty lists are empty") { bench in
            let id = SessionID()
            try requireEqual(await bench.store.session(id), nil, "session(_:)")
            try require(await bench.store.opened(id) == nil, "opened(_:) made something up")
            try requireEqual(await bench.store.sessions(named: "abc", limit: 9), [], "sessions(named:)")
            try requireEqual(await bench.store.history(of: id, limit: 9), [], "history(of:)")
            try requireEqual(await bench.list(), [], "page(_:)")
            let counts = try await bench.store.counts(at: bench.now, policy: SessionPolicy())
            try requireEqual(counts, SessionCounts(), "counts(at:)")
        },
    ]
}
