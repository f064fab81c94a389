import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

/// Frequent queries never read all sessions or sort many.
@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(3)))
struct QueryPlanTests {
    private static let large = Result { try LargeStore() }

    private let large: LargeStore
    private let now = Date()

    init() throws {
        large = try Self.large.get()
    }

    private func query(
        _ filter: String = "", _ key: SessionSort.Key = .accessExpiry, descending: Bool = false,
        start: SessionQuery.Start = .first
    ) -> SessionQuery {
        SessionQuery(
            filter: SessionFilter(filter), sort: SessionSort(key, descending: descending), start: start, limit: 100,
            now: now, policy: SessionPolicy())
    }

    /// Fails if the server would read the whole table, or sort more than a small part of it.
    private func expectIndexed(_ sql: SQLText, _ what: String) async throws {
        let steps = try await large.plan(sql)
        let plan = steps.joined(separator: "\n")
        #expect(!steps.contains { $0.contains("Seq Scan on session") }, "\(what): \(plan)")
        for (place, step) in steps.enumerated() {
            if let sort = step.firstMatch(of: #/^[ >-]*Sort .*rows=(\d+)/#), let rows = Int(sort.output.1) {
                #expect(rows <= LargeStore.few, "\(what): \(plan)")
            }
            // It sorts rows with equal index values, which may be nearly all of the short labels.
            if step.contains("Incremental Sort") {
                let scan = steps[place...].first { $0.contains("Scan") }
                #expect(scan?.contains("session_by_long_label") == true, "\(what): \(plan)")
            }
        }
    }

    @Test(
        "A page in any order is read from an index, wherever it starts", arguments: SessionSort.Key.allCases,
        [false, true])
    func pages(_ key: SessionSort.Key, _ descending: Bool) async throws {
        let place = large.middle.position(by: key)
        let starts: [SessionQuery.Start] = [.first, .last, .after(place), .before(place), .from(place)]
        for start in starts {
            let query = query("", key, descending: descending, start: start)
            try await expectIndexed(
                PageQuery(query, keyIDs: large.keyIDs, clock: large.clock).sql, "\(start)")
        }
    }

    @Test(
        "Sessions of a state are read from an index", arguments: SessionState.allCases, SessionSort.Key.allCases)
    func states(_ state: SessionState, _ key: SessionSort.Key) async throws {
        for start in [.first, .after(large.middle.position(by: key))] as [SessionQuery.Start] {
            let query = query("state:\(state.rawValue)", key, start: start)
            try await expectIndexed(
                PageQuery(query, keyIDs: large.keyIDs, clock: large.clock).sql, "\(state), \(start)")
        }
    }

    @Test(
        "Sessions of every state, discarded ones included, are read from indexes", arguments: SessionSort.Key.allCases)
    func allStates(_ key: SessionSort.Key) async throws {
        var query = query("", key)
        query.filter.states = Set(SessionState.allCases)
        try await expectIndexed(PageQuery(query, keyIDs: large.keyIDs, clock: large.clock).sql, "all")
    }

    @Test("A filter by words uses its index", arguments: SessionSort.Key.allCases)
    func words(_ key: SessionSort.Key) async throws {
        try await expectIndexed(
            PageQuery(query("4711", key), keyIDs: large.keyIDs, clock: large.clock).sql, "a rare word")
    }

    @Test("Live sessions are looked up", arguments: SessionSort.Key.allCases)
    func live(_ key: SessionSort.Key) async throws {
        for filter in ["live:on", "source:dev", "live:on cart"] {
            let sql = PageQuery(query(filter, key), keyIDs: large.keyIDs, clock: large.clock).sql
            try await expectIndexed(sql, filter)
        }
    }

    @Test("The sessions to renew next are read from their own index")
    func renewal() async throws {
        var query = query()
        query.filter.autoRenew = true
        query.filter.issuer = "issuer"
        query.filter.isLive = false
        query.filter.states = [.valid, .expiring, .expired, .unresolved, .renewing]
        query.limit = 2000
        let sql = PageQuery(query, keyIDs: large.keyIDs, clock: large.clock).sql
        try await expectIndexed(sql, "to renew")
        let plan = try await large.plan(sql)
        #expect(plan.contains { $0.contains("session_by_auto_renewal") }, "\(plan)")
    }

    @Test("Sessions that expire within a minute are found through indexes")
    func expiringSoon() async throws {
        let query = CountsQuery(now: now, clock: StoreClock(given: nil), policy: SessionPolicy())
        try await expectIndexed(query.sql(until: now + .seconds(60)), "ends")
    }

    @Test("A session is found by ID, ID prefix and label through indexes")
    func names() async throws {
        let id = large.middle.id.description
        for name in [id, String(id.prefix(6)), "cart 4711"] {
            try await expectIndexed(Dialect.postgres.sessions(named: name, limit: 9), name)
        }
    }

    @Test("Sessions are found by token, and the journal is read, through indexes alone")
    func tokensAndJournal() async throws {
        let fingerprints = large.fingerprints(of: Secret("token"))
        let queries = [
            Dialect.postgres.sessions(holding: fingerprints, since: now, limit: 9),
            JournalRows.after(19_000, limit: 100, .postgres),
            JournalRows.newest(100, of: large.middle.id, .postgres),
        ]
        for sql in queries {
            let plan = try await large.plan(sql).joined(separator: "\n")
            for table in ["tokens", "journal", "session"] {
                #expect(!plan.contains("Seq Scan on \(table)"), "\(plan)")
            }
        }
    }
}
