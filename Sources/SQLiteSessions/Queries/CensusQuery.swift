import Foundation
import GRDB
import VisitorSessions

/// The counts by state, and the next instants at which they change.
struct CensusQuery {
    let now: Date

    /// The store's clock, by which budgets go.
    let storeNow: Date
    let policy: SessionPolicy
    let keyIDs: [Data]

    func census(_ db: Database) throws -> SessionCensus {
        var census = SessionCensus(counts: try counts(db))
        let instants = try instants(db)
        census.nextExpiry = instants.access
        census.nextChange = [
            instants.warning.map { $0 - policy.expiryWarning }, instants.access, instants.refresh, instants.lease,
        ]
        .compactMap(\.self).filter { $0 > now }.min()
        census.expiries = try expiries(db)
        try foresee(&census, db)
        census.budgetUsedUntil = try BudgetRows.usedUntil(at: storeNow, db)
        return census
    }

    /// The numbers that are kept, and for what the time decides those of the steps behind it and the rows of its own.
    private func counts(_ db: Database) throws -> [SessionState: Int] {
        var counts: [SessionState: Int] = [:]
        var (timed, lone) = (0, 0)
        let numbers = try db.rows("SELECT class, key_id, number FROM tally WHERE measure = 'session'")
        while let row = try numbers.next() {
            let number: Int = row[2]
            let isOpenable = keyIDs.contains { (row[1] as DatabaseValue) == $0.databaseValue }
            switch (try ColumnText.text(of: row, at: 0), isOpenable) {
            case ("discarded", _): counts[.discarded, default: 0] += number
            case ("leased", _), ("odd", _): break
            case (_, false), ("damaged", _): counts[.damaged, default: 0] += number
            case ("unresolved", _): counts[.unresolved, default: 0] += number
            case ("refused", _): counts[.refused, default: 0] += number
            case ("lone", _): lone += number
            default: timed += number
            }
        }
        let warned = now + policy.expiryWarning
        let renewable = try number(db, of: "timed", .refresh, after: now)
        let (alive, valid) = (
            try number(db, of: "timed", .access, after: now), try number(db, of: "timed", .access, after: warned)
        )
        let loneAlive = try number(db, of: "lone", .access, after: now)
        let loneValid = try number(db, of: "lone", .access, after: warned)
        counts[.valid] = valid + loneValid
        counts[.expiring] = alive - valid + loneAlive - loneValid
        counts[.expired] = renewable - alive
        counts[.refused, default: 0] += timed - renewable + lone - loneAlive

        let state = StateExpression(now: now, policy: policy, keyIDs: keyIDs)
        let others = try db.rows(
            """
            SELECT \(state.sql) AS state, count(*) FROM session
            WHERE class IN ('leased', 'odd') AND class <> 'timed' GROUP BY state
            """)
        while let row = try others.next() {
            guard let state = try ColumnText.text(of: row, at: 0).flatMap(SessionState.init(rawValue:)) else {
                continue
            }
            counts[state, default: 0] += row[1]
        }
        return counts.filter { $0.value > 0 }
    }

    private enum Measure {
        case access, refresh
    }

    /// How many sessions of a class have a token that ends after `instant`. The sign keeps SQLite from looking up
    /// all rows of a key.
    private func number(
        _ db: Database, of group: StaticString, _ measure: Measure, after instant: Date
    ) throws -> Int {
        let bits = measure == .access ? ExpiryHistogram.stepBits : SchemaVersion3.refreshBits
        let name = measure == .access ? "access" : "refresh"
        let instant = Milliseconds.reached(at: instant)
        let step = instant >> bits
        let query: SQL = """
            SELECT (SELECT coalesce(sum(number), 0) FROM tally
                WHERE measure = '\(sql: name)' AND class = '\(sql: "\(group)")'
                    AND key_id IN \(keyIDs) AND step > \(step))
            + (SELECT count(*) FROM session
                WHERE \(sql: name)_order > \(instant) AND \(sql: name)_order < \((step + 1) << bits)
                    AND class = '\(sql: "\(group)")' AND listed AND +key_id IN \(keyIDs))
            """
        return Int(try db.number(query) ?? 0)
    }

    /// Looks at the sessions that have an end soon.
    private func foresee(_ census: inout SessionCensus, _ db: Database) throws {
        guard let next = census.nextChange else { return }
        for foresight in SessionCensus.foresights where next <= now + foresight {
            let horizon = now + foresight
            func isWithin(_ column: String, _ start: Date, _ end: Date) -> SQL {
                """
                SELECT rowid FROM session WHERE listed AND \(sql: column) > \(Milliseconds.reached(at: start))
                    AND \(sql: column) <= \(Milliseconds.reached(at: end))
                """
            }
            let ends: [SQL] = [
                isWithin("access_order", now, horizon),
                isWithin("access_order", now + policy.expiryWarning, horizon + policy.expiryWarning),
                isWithin("refresh_order", now, horizon), isWithin("lease_deadline", now, horizon),
            ]
            let near = try SessionRow(keyIDs: keyIDs).sessions(
                db,
                """
                SELECT \(sql: SessionColumn.list) FROM session WHERE rowid IN (\(ends.joined(separator: " UNION ")))
                LIMIT \(SessionCensus.foreseenLimit + 1)
                """)
            guard near.count > SessionCensus.foreseenLimit else {
                return census.foresee(near, after: now, until: horizon, policy: policy)
            }
        }
    }

    private func expiries(_ db: Database) throws -> ExpiryHistogram {
        let steps = ExpiryHistogram.range(at: now)
        let rows = try db.rows(
            """
            SELECT step, number FROM tally
            WHERE measure = 'access' AND class IN ('leased', 'lone', 'odd', 'refused', 'timed', 'unresolved')
                AND key_id IN \(keyIDs) AND step >= \(steps.lowerBound) AND step < \(steps.upperBound)
            """)
        var histogram = ExpiryHistogram()
        while let row = try rows.next() {
            let number: Int = row[1]
            if number > 0 { histogram.counts[row[0], default: 0] += number }
        }
        return histogram
    }

    /// The first times after now among the sessions that are not put away, each found at one place of an index.
    private func instants(_ db: Database) throws -> (access: Date?, warning: Date?, refresh: Date?, lease: Date?) {
        let instant = Milliseconds.reached(at: now)
        let warning = Milliseconds.reached(at: now + policy.expiryWarning)
        func first(_ column: String, after instant: Int64) -> SQL {
            """
            (SELECT min(\(sql: column)) FROM session
                WHERE listed AND discarded_at IS NULL
                    AND \(sql: column) > \(instant) AND \(sql: column) < \(Milliseconds.highest))
            """
        }
        let query: SQL = """
            SELECT \(first("access_order", after: instant)), \(first("access_order", after: warning)),
                \(first("refresh_order", after: instant)), \(first("lease_deadline", after: instant))
            """
        let (sql, arguments) = try query.build(db)
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else {
            return (nil, nil, nil, nil)
        }
        func date(_ index: Int) -> Date? {
            guard case .int64(let number) = (row[index] as DatabaseValue).storage else { return nil }
            return Milliseconds.date(number)
        }
        return (date(0), date(1), date(2), date(3))
    }
}
