import Foundation
import VisitorSessions

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
                "issuer:Ün,one", "!checkout client:client-a,client-b", "!auto:on", "label:a !label:z state:",
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
            try require(named.contains(hexadecimal), "a label of hexadecimal digits is no name")
        },
    ]
}
