import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let requestChecks: [Check] = [
        Check("recorded requests come back unchanged, in the order in which they were appended") { bench in
            let (one, two) = (SessionID(), SessionID())
            let source = LiveSource(.node, label: "npm run dev ünd 'mehr'")
            try requireEqual(await bench.store.requestsEnd(), 0, "the end without requests")
            let drafts = bench.variedRequests(of: one) + [bench.request(of: two)]
            try await bench.store.append(drafts, from: source, liveFor: .seconds(60))
            let all = try await bench.store.requests(after: 0, limit: 100)
            try requireEqual(all.map(\.draft), drafts.map(\.withoutToken), "the requests")
            try requireEqual(all.map(\.position), Array(1...drafts.count), "their positions")
            try requireEqual(Set(all.map(\.source)), [source], "their source")
            try requireEqual(await bench.store.requestsEnd(), drafts.count, "the end")
            let newest = try await bench.store.requests(of: one, limit: 2)
            try requireEqual(newest, Array(all.dropLast().suffix(2).reversed()), "one session's newest requests")
            try requireEqual(await bench.store.requests(of: two, limit: 9), [all[drafts.count - 1]], "the other's")
            try requireEqual(await bench.store.requests(after: 2, limit: 1), [all[2]], "the one after a position")
            try requireEqual(await bench.store.requests(of: SessionID(), limit: 9), [], "those of another session")
        },
        Check("a request keeps a keyed fingerprint of its token, not the token") { bench in
            let id = SessionID()
            let tokens = ["access-1", "access-2", "access-1"]
            let drafts = tokens.map { bench.request(of: id, token: Secret($0)) } + [bench.request(of: id)]
            try await bench.store.append(drafts, from: bench.source, liveFor: .zero)
            let stored = try await bench.store.requests(after: 0, limit: 9)
            try requireEqual(stored.map { $0.fingerprint != nil }, [true, true, true, false], "which have one")
            try requireEqual(stored[0].fingerprint, stored[2].fingerprint, "those of the same token")
            try require(stored[0].fingerprint != stored[1].fingerprint, "two tokens have the same fingerprint")
            try require(stored.allSatisfy { $0.draft.token == nil }, "a token was stored")
        },
        Check("the newest 200 requests of a session are kept, and the newest 20,000 in all") { bench in
            let id = SessionID()
            for _ in 0..<3 {
                let batch = (0..<90).map { _ in bench.request(of: id) }
                try await bench.store.append(batch, from: bench.source, liveFor: .seconds(60))
            }
            let kept = try await bench.store.requests(of: id, limit: 1000)
            try requireEqual(kept.count, RequestLimits.perSession, "one session's requests")
            try requireEqual(kept.first?.position, 270, "the newest")
            try requireEqual(await bench.store.liveSessions(among: [id])[id]?.requestCount, 270, "its count")
            let others = (0..<4000).map { _ in SessionID() }
            for _ in 0..<5 {
                let batch = others.map { bench.request(of: $0) }
                try await bench.store.append(batch, from: bench.source, liveFor: .seconds(60))
            }
            let all = try await bench.store.requests(after: 0, limit: 100_000)
            try requireEqual(all.count, RequestLimits.total, "all requests")
            try requireEqual(all.last?.position, 20_270, "the newest of all")
            try requireEqual(await bench.store.liveSessions(among: [id]), [:], "a session without requests")
        },
        Check("requests are deleted after seven days, and with their session") { bench in
            let session = try await bench.insert { $0.discardedAt = bench.now }
            let old = SessionID()
            try await bench.store.append(
                [session.id, old].map { bench.request(of: $0) }, from: bench.source, liveFor: .seconds(60))
            _ = try await bench.store.purge(Retention(gracePeriod: .zero), by: "broom 1", batch: 9)
            try requireEqual(await bench.store.requests(of: session.id, limit: 9), [], "those of a purged session")
            try requireEqual(await bench.store.liveSessions(among: [session.id]), [:], "a purged session")
            try requireEqual(await bench.store.requests(of: old, limit: 9).count, 1, "those of another one")
            bench.clock.advance(by: RequestLimits.age - .seconds(1))
            _ = try await bench.store.purge(Retention(), by: "broom 1", batch: 9)
            try requireEqual(await bench.store.requests(of: old, limit: 9).count, 1, "a second early")
            bench.clock.advance(by: .seconds(1))
            try await bench.store.append([bench.request(of: SessionID())], from: bench.source, liveFor: .zero)
            try requireEqual(await bench.store.requests(of: old, limit: 9), [], "after seven days")
            try requireEqual(await bench.store.liveSessions(among: [old]), [:], "its session")
            bench.clock.advance(by: RequestLimits.age)
            _ = try await bench.store.purge(Retention(), by: "broom 1", batch: 9)
            try requireEqual(await bench.store.requests(after: 0, limit: 9), [], "after a purge")
        },
        Check("a session is live until its source ends or isn't heard from in time") { bench in
            let id = SessionID()
            let source = bench.source
            func live() async throws -> LiveSession? {
                try await bench.store.liveSessions(among: [id, SessionID()])[id]
            }
            try requireEqual(await live(), nil, "before a request")
            let drafts = [bench.request(of: id), bench.request(of: id, outcome: .failure("no response"), process: 7)]
            try await bench.store.append(drafts, from: source, liveFor: .seconds(60))
            var expected = LiveSession(
                source: source, process: 7, liveUntil: bench.now + .seconds(60), requestCount: 2,
                lastRequestAt: bench.now, lastOutcome: .failure("no response"))
            try requireEqual(await live(), expected, "after two requests")
            bench.clock.advance(by: .milliseconds(59_500))
            try requireEqual(await live()?.isLive, true, "before its deadline")
            bench.clock.advance(by: .milliseconds(500))
            expected.liveUntil = nil
            try requireEqual(await live(), expected, "at its deadline")
            try await bench.store.append([], from: source, liveFor: .seconds(60))
            try requireEqual(await live()?.isLive, true, "when its source is heard of again")
            try await bench.store.append([], from: source, liveFor: .zero)
            try requireEqual(await live(), expected, "when its source has ended")
            try requireEqual(await bench.store.requests(of: id, limit: 9).count, 2, "its requests")
        },
        Check("lists are filtered by use: live or not, and by the source of the last request") { bench in
            let stored = try await storeMany(bench, count: 60)
            let ended = LiveSource(.node, label: "npm run OLD")
            let tab = LiveSource(.browser, label: "http://localhost:3000")
            let run = LiveSource(.node, label: "npm run dev")
            let parts = stored.indices.map { [ended, tab, run][$0 % 3] }
            for source in [ended, tab, run] {
                let used = zip(stored, parts).filter { $1 == source }.prefix(10).map(\.0)
                try await bench.store.append(
                    used.map { bench.request(of: $0.id) }, from: source, liveFor: source == ended ? .zero : .seconds(9))
            }
            let live = try await bench.store.liveSessions(among: stored.map(\.id))
            try requireEqual(live.values.count(where: \.isLive), 20, "the live sessions")
            let filters = [
                "live:on", "live:off", "source:RUN", "source:browser", "source:dev source:old", "live:on source:run",
                "live:off source:old", "live:off source:dev", "source:%", "live:on auto:on", "live:on state:discarded",
            ]
            for text in filters {
                let filter = SessionFilter(text)
                let expected = stored.filter {
                    filter.matches($0, in: $0.state(at: bench.now, policy: SessionPolicy()), live: live[$0.id])
                }
                for key in SessionSort.Key.allCases {
                    let list = try await bench.list(filter, sort: SessionSort(key))
                    try requireEqual(Set(list.map(\.id)), Set(expected.map(\.id)), "those of \(text) by \(key)")
                    let place = stored[0].position(by: key)
                    let rank = try await bench.store.rank(of: place, in: bench.query(filter, sort: SessionSort(key)))
                    let before = expected.count { $0.position(by: key) < place }
                    try requireEqual(rank, SessionRank(before: before, total: expected.count), "the rank in \(text)")
                }
            }
        },
        Check("automatic renewal leaves a live session to its application") { bench in
            let session = try await bench.insert { $0.autoRenew = true }
            func toRenew() async throws -> [SessionID] {
                try await bench.store.sessions(toRenewFrom: "issuer", at: bench.now, limit: 9).map(\.id)
            }
            try requireEqual(await toRenew(), [session.id], "before it is used")
            try await bench.store.append([bench.request(of: session.id)], from: bench.source, liveFor: .seconds(9))
            try requireEqual(await toRenew(), [], "while it is live")
            bench.clock.advance(by: .seconds(9))
            try requireEqual(await toRenew(), [session.id], "afterwards")
        },
        Check("appended requests are announced") { bench in
            var changes = bench.store.changes().makeAsyncIterator()
            try await bench.store.append([bench.request(of: SessionID())], from: bench.source, liveFor: .zero)
            try require(await changes.next() != nil, "no change was announced")
        },
    ]
}

extension ConformanceBench {
    var source: LiveSource { LiveSource(id: Self.sourceID, .node, label: "npm run dev") }

    private static let sourceID = UUID()

    func request(
        of id: SessionID, outcome: LiveRequest.Outcome = .status(200), process: Int32? = 4711, token: Secret? = nil
    ) -> LiveRequest.Draft {
        LiveRequest.Draft(
            of: id, at: now, process: process, method: "GET", path: "/stores/v1/products", outcome: outcome,
            token: token)
    }

    /// Requests that differ in every property.
    fileprivate func variedRequests(of id: SessionID) -> [LiveRequest.Draft] {
        [
            LiveRequest.Draft(
                of: id, at: now, process: 1, method: "POST", path: "/ä/'%\u{1F600}?", outcome: .status(404),
                timeToFirstByte: .milliseconds(7), duration: .milliseconds(12), byteCount: 1 << 40,
                requestID: "request 1", flags: [.cut, .fault], token: Secret("token")),
            LiveRequest.Draft(
                of: id, at: now + .seconds(1), process: nil, method: "", path: "", outcome: .failure("it's gone"),
                duration: .seconds(100_000), grant: "refresh_token", flags: .substituted),
            LiveRequest.Draft(
                of: id, at: now, process: .max, method: String(repeating: "M", count: 99),
                path: "/\0\u{1B}[2J" + String(repeating: "é", count: 999), outcome: .status(0)),
        ]
    }
}

extension LiveRequest.Draft {
    fileprivate var withoutToken: LiveRequest.Draft {
        var draft = self
        draft.token = nil
        return draft
    }
}

extension SessionStoreConformance {
    static let substitutionChecks: [Check] = [
        Check("a substituted session is live until the substitution is withdrawn, or if it is used for itself") {
            bench in
            let session = try await bench.insert("application")
            let target = try await bench.insert("visitor") { $0.autoRenew = true }
            let store = bench.store
            func requireLive(_ isLive: Bool, _ when: String) async throws {
                try requireEqual(
                    await store.liveSessions(among: [target.id])[target.id]?.isLive, isLive,
                    "whether it is live \(when)")
                let listed = try await bench.list(SessionFilter("live:on"), sort: SessionSort()).map(\.id)
                try requireEqual(listed.contains(target.id), isLive, "whether it is listed \(when)")
                let due = try await store.sessions(toRenewFrom: "issuer", at: bench.now, limit: 9).map(\.id)
                try requireEqual(due, isLive ? [] : [target.id], "what is renewed automatically \(when)")
            }
            try await store.substitute(session.id, with: target.id, by: "test 1")
            var request = bench.request(of: target.id)
            request.flags = [.substituted, .asSubstitute]
            try await store.append([bench.request(of: session.id), request], from: bench.source, liveFor: .seconds(60))
            try await requireLive(true, "while its tokens are substituted")
            try await store.withdrawSubstitution(of: session.id, by: "test 1")
            try await requireLive(false, "after withdrawing")
            try await store.append([request], from: bench.source, liveFor: .seconds(60))
            try await requireLive(false, "after a late request")
            try await store.append([bench.request(of: target.id)], from: bench.source, liveFor: .seconds(60))
            try await requireLive(true, "after a request of its own")
        },
        Check("a substitution is listed until it is withdrawn, and both are in the journal") { bench in
            let session = try await bench.insert("application")
            let target = try await bench.insert("visitor")
            let store = bench.store
            try requireEqual(await store.substitutions(), [], "the substitutions of a new store")
            for other in [session.id, target.id] {
                try await store.substitute(session.id, with: other, by: "test 1")
                try requireEqual(
                    await store.substitutions(), [Substitution(of: session.id, with: other)], "the substitutions")
            }
            try await store.withdrawSubstitution(of: session.id, by: "test 1")
            try requireEqual(await store.substitutions(), [], "the substitutions after withdrawing")
            let events = try await store.history(of: session.id, limit: 3).map(\.draft.event)
            try requireEqual(events, [.withdrawn, .substituted, .substituted], "the history")
            try await bench.requireFailure(.notFound, unchanged: target.id, "a session that doesn't exist") {
                try await store.substitute(SessionID(), with: target.id, by: "test 1")
            }
        },
    ]
}

extension SessionStoreConformance {
    static let placeChecks: [Check] = [
        Check("places come back unchanged, by origin, and a place is replaced by a newer reading") { bench in
            let origin = "http://localhost:3000"
            let item = TokenPlace(origin: origin, kind: .local, name: "tokens", attributes: "", form: #"{"a":"ü'"}"#)
            var cookie = TokenPlace(origin: origin, kind: .cookie, name: "s", attributes: #"{"path":"/"}"#, form: "A")
            var other = cookie
            other.origin = "https://shop.example.com"
            for place in [item, cookie, other] { try await bench.store.remember(place) }
            try requireEqual(await bench.store.places(of: origin), [cookie, item], "the places of an origin")
            (cookie.attributes, cookie.form) = ("{}", "B")
            try await bench.store.remember(cookie)
            try requireEqual(await bench.store.places(of: origin), [cookie, item], "the places after a newer reading")
            try requireEqual(await bench.store.placeOrigins(), [origin, other.origin], "the origins")
            try requireEqual(await bench.store.places(of: other.origin), [other], "those of another origin")
            try requireEqual(await bench.store.places(of: "https://example.com"), [], "those of an unknown origin")
        }
    ]
}
