import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let countChecks: [Check] = [
        Check("counts match the sessions") { bench in
            let stored = try await storeMany(bench, count: 250)
            for (now, policy) in times(bench) {
                let counts = try await bench.store.counts(at: now, policy: policy)
                for state in SessionState.allCases {
                    let count = stored.count { $0.state(at: now, policy: policy) == state }
                    try requireEqual(counts[state], count, "the number of \(state) sessions")
                }
                let kept = stored.filter { $0.discardedAt == nil }
                try requireEqual(counts.total, kept.count, "the total")
                let nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.min()
                try requireEqual(counts.nextExpiry, nextExpiry, "the next expiry")
                let steps = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.map {
                    ExpiryHistogram.step(of: $0)
                }
                .filter { ExpiryHistogram.range(at: now).contains($0) }
                let expiries = Dictionary(steps.map { ($0, 1) }, uniquingKeysWith: +)
                try requireEqual(counts.expiries.counts, expiries, "when access tokens expire")
                let nextChange = kept.compactMap { $0.nextStateChange(after: now, policy: policy) }.min()
                guard counts.changes.isEmpty else { continue }
                try requireEqual(counts.nextChange == nil, nextChange == nil, "whether there is a next change")
                let isInTime = (counts.nextChange ?? now) <= (nextChange ?? now)
                try require(isInTime, "the next change is reported too late")
            }
        },
        Check("counts advanced by their predicted changes match a later time") { bench in
            let stored = try await storeMany(bench, count: 250)
            let kept = stored.filter { $0.discardedAt == nil }
            let policy = SessionPolicy()
            let starts = kept.flatMap { [$0.accessExpiry.date, $0.refreshExpiry.date, $0.lease?.deadline] }
                .compactMap { $0.map { $0 - .seconds(20) } }
            var passed = 0
            for now in starts {
                let counts = try await bench.store.counts(at: now, policy: policy)
                for seconds in [0, 19.999, 20, 20.001, 40, 59.999] {
                    let then = now.addingTimeInterval(seconds)
                    guard let nextChange = counts.nextChange, then < nextChange else { continue }
                    var advanced = counts
                    if advanced.advance(to: then) { passed += 1 }
                    for state in SessionState.allCases {
                        let count = stored.count { $0.state(at: then, policy: policy) == state }
                        try requireEqual(advanced[state], count, "the number of \(state) sessions after \(seconds) s")
                    }
                    guard advanced.nextChange.map({ $0 > then }) == true else { continue }
                    let nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > then }.min()
                    try requireEqual(advanced.nextExpiry, nextExpiry, "the next expiry after \(seconds) s")
                }
            }
            try require(passed > 20, "too few predicted changes were applied")
        },
        Check("no count changes before the predicted next change") { bench in
            try await bench.insert(tokens: bench.tokens(access: 3000))
            let policy = SessionPolicy()
            let counts = try await bench.store.counts(at: bench.now, policy: policy)
            try requireEqual(counts.nextChange, bench.now + .seconds(2700), "the next change")
            let then = try await bench.store.counts(at: bench.now + .milliseconds(2_699_500), policy: policy)
            try requireEqual(then.states, counts.states, "the counts just before")
            let after = try await bench.store.counts(at: bench.now + .seconds(2700), policy: policy)
            try requireEqual(after.states, [.expiring: 1], "the counts then")
            try requireEqual(after.nextChange, bench.now + .seconds(3000), "the change after that")
        },
        Check("a short-lived token counts as expiring in the last fifth of its lifetime") { bench in
            let session = try await bench.insert(tokens: bench.tokens(access: 100))
            let policy = SessionPolicy()
            for (seconds, state) in [(0.0, SessionState.valid), (79.999, .valid), (80, .expiring), (100, .expired)] {
                let now = bench.now.addingTimeInterval(seconds)
                let counts = try await bench.store.counts(at: now, policy: policy)
                try requireEqual(counts.states, [state: 1], "the counts after \(seconds) s")
                var advanced = try await bench.store.counts(at: bench.now.addingTimeInterval(50), policy: policy)
                if seconds >= 80 {
                    _ = advanced.advance(to: now)
                    try requireEqual(advanced.states, [state: 1], "the counts advanced to \(seconds) s")
                }
                for other in [SessionState.valid, .expiring, .expired] {
                    var query = SessionQuery(limit: 10, now: now, policy: policy)
                    query.filter.states = [other]
                    let page = try await bench.store.page(query)
                    try requireEqual(page.map(\.id), other == state ? [session.id] : [], "those \(other)")
                }
            }
        },
    ]
}

extension SessionStoreConformance {
    static let changeChecks: [Check] = [
        Check("every subscriber is notified of every kind of write") { bench in
            let streams = [bench.store.changes(), bench.store.changes()]
            var iterators = streams.map { $0.makeAsyncIterator() }
            func requireNotified(_ write: String) async throws {
                for index in iterators.indices {
                    try require(await iterators[index].next() != nil, "a stream ended after \(write)")
                }
            }
            let session = try await bench.insert()
            try await requireNotified("insert")
            let new = NewSession(bench.new(), tokens: Tokens(), entry: ConformanceBench.draft)
            _ = try await bench.store.insert(new: [new])
            try await requireNotified("insert of many")
            let updated = try await bench.store.update(session, tokens: nil, entry: nil)
            try await requireNotified("update")
            _ = try await bench.store.lease(updated, to: "me", for: .seconds(1), within: nil)
            try await requireNotified("lease")
            try await bench.store.spend(
                BudgetRequest(RequestBudget(requestsPerMinute: 10), .foreground), of: "client")
            try await requireNotified("spend")
            bench.clock.advance(by: .seconds(100))
            _ = try await bench.store.purge(Retention(journalAge: .seconds(1)), by: "me", batch: 10)
            try await requireNotified("purge")
        },
        Check("several unread changes yield one element") { bench in
            let changes = bench.store.changes()
            for _ in 0..<5 { try await bench.insert() }
            var iterator = changes.makeAsyncIterator()
            _ = await iterator.next()
            let counted = try await bench.list().count
            try requireEqual(counted, 5, "the sessions listed after the first element")
        },
        Check("a subscriber that ends doesn't affect the others") { bench in
            let stays = bench.store.changes()
            let goes = Task { [store = bench.store] in
                for await _ in store.changes() {}
            }
            goes.cancel()
            await goes.value
            try await bench.insert()
            var iterator = stays.makeAsyncIterator()
            try require(await iterator.next() != nil, "the other stream ended")
            var late = bench.store.changes().makeAsyncIterator()
            try await bench.insert()
            try require(await late.next() != nil, "a later stream isn't notified")
        },
    ]
}

extension SessionStoreConformance {
    static let filterChecks: [Check] = [
        Check("every word must match the label, visitor, session or client ID, ignoring case") { bench in
            let tokens = Tokens(accessToken: AccessToken(Secret("a"), expiresAt: nil, visitorID: "7C9E01ab-visitor"))
            let one = try await bench.insert("Checkout BUG", client: "client-Shop", tokens: tokens)
            let two = try await bench.insert("Größe Ärger ÉCLAIR ДОСТАВКА 購物車 İzmir", client: "other")
            let three = try await bench.insert("100%_real [a-z]* \\ 'quoted'", client: "third")
            let expectations: [(words: String, found: [VisitorSession])] = [
                ("bug", [one]), ("BUG checkout", [one]), ("bug nothing", []), ("heckou", [one]),
                ("7c9e01AB", [one]), ("client-shop", [one]), ("visitor checkout client", [one]),
                ("ärger", [two]), ("ÄRGER größe", [two]), ("éclair", [two]), ("доставка", [two]), ("Доставка", [two]),
                ("購物", [two]), ("İZMIR", [two]), ("zmir", [two]),
                ("%", [three]), ("_", [three]), ("*", [three]), ("[a-z]*", [three]), ("\\", [three]), ("'", [three]),
                ("%bug", []), ("b_g", []), ("checkout\u{0}", []),
                (String(one.id.description.prefix(13)), [one]), (two.id.description.uppercased(), [two]),
                ("", [one, two, three]), ("   ", [one, two, three]),
            ]
            for (words, found) in expectations {
                let list = try await bench.list(SessionFilter(words))
                try requireEqual(Set(list.map(\.id)), Set(found.map(\.id)), "those with “\(words)”")
            }
        },
        Check("words are compared by code points, so that all stores agree") { bench in
            let session = try await bench.insert("Cafe\u{301} x")
            for word in ["cafe", "CAFE\u{301}", "afe", "x"] {
                let list = try await bench.list(SessionFilter(word))
                try requireEqual(list.map(\.id), [session.id], "those with “\(word)”")
            }
            let list = try await bench.list(SessionFilter("caf\u{e9}"))
            try requireEqual(list, [], "those with another spelling of it")
        },
        Check("states match VisitorSession.state at every time and for every policy") { bench in
            let stored = try await storeMany(bench, count: 300)
            for (now, policy) in times(bench) {
                var seen = 0
                for state in SessionState.allCases {
                    var filter = SessionFilter()
                    filter.states = [state]
                    let query = SessionQuery(filter: filter, limit: 1000, now: now, policy: policy)
                    let page = try await bench.store.page(query)
                    let expected = stored.filter { $0.state(at: now, policy: policy) == state }
                    try requireEqual(Set(page.map(\.id)), Set(expected.map(\.id)), "those that are \(state)")
                    seen += page.count
                }
                try requireEqual(seen, stored.count, "every session is in one state")
            }
        },
        Check("values of one filter are alternatives; different filters combine") { bench in
            let stored = try await storeMany(bench, count: 200)
            var filter = SessionFilter("c")
            filter.states = [.valid, .expired, .discarded]
            filter.roles = [.visitor, .member]
            filter.clientIDs = ["client-a"]
            var parts = [filter]
            parts.append(with(filter) { $0.states = [] })
            parts.append(with(filter) { $0.roles = [] })
            parts.append(with(filter) { $0.roles = [.none] })
            parts.append(with(filter) { $0.clientIDs = ["client-a", "client-b"] })
            parts.append(with(filter) { $0.clientIDs = ["unknown"] })
            parts.append(with(filter) { $0.words = ["checkout", "A"] })
            parts.append(with(filter) { $0.autoRenew = true })
            parts.append(with(filter) { $0.autoRenew = false })
            parts.append(with(filter) { $0.issuer = "Ünother" })
            parts.append(with(SessionFilter()) { $0.issuer = "https://one.example" })
            parts.append(with(SessionFilter()) { $0.issuer = "unknown" })
            parts.append(SessionFilter("auto:on"))
            parts.append(SessionFilter("auto:off state:discarded"))
            let typed = [
                "state:exp", "!state:expired,refused", "state:valid,expired !role:member", "label:check,ÄRGER",
                "!label:checkout", "visitor:VISITOR-1,-2", "!visitor:visitor-3", "issuer:one.ex", "!issuer:one",
                "issuer:Ün,one", "!checkout client:client-a,client-b", "!auto:on",
                "checkout,ÄRGER", "!checkout,ärger", "\"checkout,ÄRGER\"", "label:a !label:z state:",
            ]
            parts += typed.map { SessionFilter($0) }
            for filter in parts {
                let list = try await bench.list(filter)
                let expected = stored.filter {
                    filter.matches($0, in: $0.state(at: bench.now, policy: SessionPolicy()))
                }
                try requireEqual(Set(list.map(\.id)), Set(expected.map(\.id)), "those of \(filter)")
                for key in SessionSort.Key.allCases {
                    let place = stored[0].position(by: key)
                    let rank = try await bench.store.rank(of: place, in: bench.query(filter, sort: SessionSort(key)))
                    let before = expected.count { $0.position(by: key) < place }
                    try requireEqual(
                        rank, SessionRank(before: before, total: expected.count), "the rank by \(key) among \(filter)")
                }
            }
        },
        Check("discarded sessions are listed only on request") { bench in
            let kept = try await bench.insert("kept")
            let discarded = try await bench.insert("gone") { $0.discardedAt = bench.now }
            try requireEqual(await bench.list().map(\.id), [kept.id], "a list")
            var filter = SessionFilter("gone")
            try requireEqual(await bench.list(filter), [], "a list by words")
            filter.states = [.discarded]
            try requireEqual(await bench.list(filter).map(\.id), [discarded.id], "a list of the discarded")
        },
    ]

    static func storeMany(_ bench: ConformanceBench, count: Int) async throws -> [VisitorSession] {
        var generated = GeneratedSessions(at: bench.now)
        var stored: [VisitorSession] = []
        for _ in 0..<count {
            let (session, tokens) = generated.next()
            stored.append(try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft))
        }
        return stored
    }

    /// Times on, before and after the boundaries of the generated sessions, including half milliseconds.
    static func times(_ bench: ConformanceBench) -> [(now: Date, policy: SessionPolicy)] {
        let offsets = [-100_000, -0.5, -0.0001, 0, 0.0001, 0.25, 0.5, 1, 299.5, 3600, 100_000]
        return offsets.enumerated().map { index, offset in
            var policy = SessionPolicy()
            if index % 3 == 1 { policy.expiryWarning = .milliseconds(500) }
            if index % 3 == 2 { policy.expiryWarning = .zero }
            return (bench.now.addingTimeInterval(offset), policy)
        }
    }

    private static func with(_ filter: SessionFilter, _ change: (inout SessionFilter) -> Void) -> SessionFilter {
        var changed = filter
        change(&changed)
        return changed
    }
}

extension SessionStoreConformance {
    static let nameChecks: [Check] = [
        Check("a session is found by a prefix of its ID, with or without dashes, in either case") { bench in
            let names = ["3f2a9100-0000-4000-8000-000000000001", "3f2a9fff-ffff-4fff-bfff-ffffffffffff"]
            let ids = try names.map { try unwrap(SessionID($0), "no ID") }
            for id in ids {
                let tokens = bench.tokens(id.description)
                let session = VisitorSession(id: id, clientID: "c", tokens: tokens, at: bench.now)
                _ = try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft)
            }
            try await bench.insert("3f2a is no label of those")
            let expectations: [(reference: String, found: [SessionID])] = [
                ("3", ids), ("3f2a9", ids), ("3F2A9", ids), ("3f2a91", [ids[0]]), ("3f2a9100-0", [ids[0]]),
                ("3F2A9100-0000-4000-8000-000000000001", [ids[0]]), ("3f2a9100000040008000000000000001", [ids[0]]),
                ("3f2a9f", [ids[1]]), ("3f2a9fffffff4fffbfffffffffffffff", [ids[1]]), ("3f2b", []), ("3f2a90", []),
                ("3f2a91000000400080000000000000010", []), ("", []), ("-", []), ("3f2a9%", []),
            ]
            for (reference, found) in expectations {
                let sessions = try await bench.store.sessions(named: reference, limit: 10)
                let theirs = sessions.map(\.id).filter(ids.contains)
                try requireEqual(theirs, found, "those named \(reference)")
            }
            try requireEqual(
                await bench.store.sessions(named: "3f2a", limit: 1).map(\.id), [ids[0]], "no more than asked for")
        },
        Check("a session is found by its exact label, even if discarded") { bench in
            let session = try await bench.insert("Checkout bug") { $0.discardedAt = bench.now }
            try await bench.insert("checkout")
            try await bench.insert("Checkout bug 2")
            let found = try await bench.store.sessions(named: "Checkout bug", limit: 10)
            try requireEqual(found, [session], "those of that label")
            try requireEqual(await bench.store.sessions(named: "checkout bug", limit: 10), [], "another case")
            let hexadecimal = try await bench.insert("decade")
            let named = try await bench.store.sessions(named: "decade", limit: 10)
            try require(named.contains(hexadecimal), "a label of hexadecimal digits isn't found")
        },
    ]
}
