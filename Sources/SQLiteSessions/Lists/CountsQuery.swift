import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// The counts by state, and the next instants at which they change.
///
/// The table `state_counts` counts sessions by class (see versions 3 and 7 of the migrations), and how many of their tokens
/// expire in each time step. Together with the few rows of the current step, that gives every state's count at any time.
struct CountsQuery {
    let now: Date

    /// The store's clock, for budgets.
    let clock: StoreClock
    let policy: SessionPolicy
    let keyIDs: [Data]

    /// The time step of refresh expiries is 2 to this power, in milliseconds: about 4.7 hours.
    private static let refreshBits = 24

    func counts(_ db: Database) throws -> SessionCounts {
        var counts = SessionCounts(states: try stateCounts(db))
        let upcoming = UpcomingChanges(.sqlite, after: now, policy: policy, keyIDs: keyIDs)
        _ = try db.first("SELECT \(upcoming.instants)") {
            UpcomingChanges.read($0, at: now, policy, from: 0, into: &counts)
        }
        counts.expiries = try expiries(db)
        try predict(&counts, upcoming, db)
        counts.budgetUsedUntil = try db.first(BudgetRows.usedUntil(clock, .sqlite)) { $0.date(0) }
        return counts
    }

    /// The counts by state. Where time decides, the stored counts of later steps plus the matching rows of the current
    /// one.
    private func stateCounts(_ db: Database) throws -> [SessionState: Int] {
        var counts: [SessionState: Int] = [:]
        var (timed, accessOnly) = (0, 0)
        _ = try db.rows("SELECT class, key_id, number FROM state_counts WHERE measure = 'session'") { row -> Void? in
            let number = Int(row.number(2) ?? 0)
            let key = row.bytes(1)
            switch (row.text(0), key.map(keyIDs.contains) ?? false) {
            case ("discarded", _): counts[.discarded, default: 0] += number
            case ("leased", _), ("refresh_first", _): break
            case (_, false), ("damaged", _): counts[.damaged, default: 0] += number
            case ("unresolved", _): counts[.unresolved, default: 0] += number
            case ("refused", _): counts[.refused, default: 0] += number
            case ("access_only", _): accessOnly += number
            default: timed += number
            }
            return nil
        }
        let warning = Milliseconds.date(WarningWindow(.sqlite, at: now, policy: policy).latest)
        let short = try shortWindows(db)
        let renewable = try number(db, of: "timed", .refresh, after: now)
        let notExpired = try number(db, of: "timed", .access, after: now)
        let valid = try number(db, of: "timed", .access, after: warning) + short["timed", default: 0]
        let accessOnlyNotExpired = try number(db, of: "access_only", .access, after: now)
        let accessOnlyValid =
            try number(db, of: "access_only", .access, after: warning) + short["access_only", default: 0]
        counts[.valid] = valid + accessOnlyValid
        counts[.expiring] = notExpired - valid + accessOnlyNotExpired - accessOnlyValid
        counts[.expired] = renewable - notExpired
        counts[.refused, default: 0] += timed - renewable + accessOnly - accessOnlyNotExpired

        let rule = StateRule(.sqlite, at: now, policy: policy, keyIDs: keyIDs)
        let others: SQLText = """
            SELECT \(rule.sql) AS state, count(*) FROM session
            WHERE class IN ('leased', 'refresh_first') AND class <> 'timed' GROUP BY state
            """
        _ = try db.rows(others) { row -> Void? in
            guard let state = row.text(0).flatMap(SessionState.init(rawValue:)) else { return nil }
            counts[state, default: 0] += Int(row.number(1) ?? 0)
            return nil
        }
        return counts.filter { $0.value > 0 }
    }

    /// By class, how many tokens aren't expiring yet although they expire soon, because their lifetime is short. Read
    /// from an index alone.
    private func shortWindows(_ db: Database) throws -> [String: Int] {
        let query: SQLText = """
            SELECT class, count(*) FROM session INDEXED BY session_by_access
            WHERE \(WarningWindow(.sqlite, at: now, policy: policy).isShort) AND class IN ('timed', 'access_only')
                AND listed AND key_id IN \(keyIDs) GROUP BY class
            """
        let rows = try db.rows(query) { row in row.text(0).map { ($0, Int(row.number(1) ?? 0)) } }
        return Dictionary(rows) { first, _ in first }
    }

    private enum Measure: String {
        case access, refresh

        var bits: Int { self == .access ? ExpiryHistogram.stepBits : CountsQuery.refreshBits }
    }

    /// The number of sessions of a class with a token that expires after `instant`. `+` keeps SQLite from scanning all
    /// rows of a key.
    private func number(
        _ db: Database, of sessionClass: String, _ measure: Measure, after instant: Date
    ) throws -> Int {
        let instant = Milliseconds.floor(instant)
        let step = instant >> measure.bits
        let name = measure.rawValue
        let query: SQLText = """
            SELECT (SELECT coalesce(sum(number), 0) FROM state_counts
                WHERE measure = '\(raw: name)' AND class = '\(raw: sessionClass)' AND key_id IN \(keyIDs) AND step > \(step))
            + (SELECT count(*) FROM session
                WHERE \(raw: name)_order > \(instant) AND \(raw: name)_order < \((step + 1) << measure.bits)
                    AND class = '\(raw: sessionClass)' AND listed AND +key_id IN \(keyIDs))
            """
        return Int(try db.number(query) ?? 0)
    }

    /// Predicts the changes of the next seconds.
    private func predict(_ counts: inout SessionCounts, _ upcoming: UpcomingChanges, _ db: Database) throws {
        guard let next = counts.nextChange else { return }
        let rows = SessionRow(.sqlite, keyIDs: keyIDs)
        for lookahead in SessionCounts.lookaheads where next <= now + lookahead {
            let horizon = now + lookahead
            let timed = try timedExpiries(until: horizon, db)
            guard timed.count <= Self.rowLimit else { continue }
            let others = try db.rows(upcoming.sessions(until: horizon), rows.session)
            guard others.count <= SessionCounts.predictionLimit else { continue }
            let known = Set(others.map(\.id))
            let timedChanges = timed.filter { !known.contains($0.id) }.flatMap {
                changes(of: $0.expiry, grantedAt: $0.grantedAt, until: horizon)
            }
            return counts.predict(
                timedChanges + others.flatMap { $0.changes(after: now, until: horizon, policy: policy) }, until: horizon
            )
        }
    }

    /// How many `timed` sessions to predict, at most. Their changes take 32 bytes each.
    private static let rowLimit = 20_000

    private typealias TimedExpiry = (id: SessionID, expiry: Date, grantedAt: Date)

    /// The `timed` sessions whose access token expires, or whose warning window begins, by `horizon`; from the index
    /// alone.
    private func timedExpiries(until horizon: Date, _ db: Database) throws -> [TimedExpiry] {
        func selection(_ condition: SQLText) -> SQLText {
            """
            SELECT id, access_order, tokens_at FROM session WHERE \(condition)
                AND class = 'timed' AND listed AND +key_id IN \(keyIDs)
            """
        }
        let expires: SQLText = """
            access_order > \(Milliseconds.floor(now)) AND access_order <= \(Milliseconds.floor(horizon))
            """
        let begins = UpcomingChanges.warningBegins(.sqlite, after: now, until: horizon, policy)
        let query: SQLText = """
            \(selection(expires)) UNION \(selection(begins)) LIMIT \(Self.rowLimit + 1)
            """
        return try db.rows(query) { row in
            guard let id = row.id(0), let expiry = row.date(1), let grantedAt = row.date(2) else { return nil }
            return (id, expiry, grantedAt)
        }
    }

    /// The changes of a `timed` session whose refresh token doesn't expire by `horizon`.
    private func changes(of expiry: Date, grantedAt: Date, until horizon: Date) -> [SessionCounts.Change] {
        let warning = policy.warningStart(of: expiry, grantedAt: grantedAt)
        let changes = [
            SessionCounts.Change(at: warning, from: .valid, to: .expiring, expiresAccess: false),
            SessionCounts.Change(at: expiry, from: .expiring, to: .expired, expiresAccess: true),
        ]
        return changes.filter { $0.at > now && $0.at <= horizon }
    }

    private func expiries(_ db: Database) throws -> ExpiryHistogram {
        let steps = ExpiryHistogram.range(at: now)
        let query: SQLText = """
            SELECT step, number FROM state_counts
            WHERE measure = 'access'
                AND class IN ('leased', 'access_only', 'refresh_first', 'refused', 'timed', 'unresolved')
                AND key_id IN \(keyIDs) AND step >= \(steps.lowerBound) AND step < \(steps.upperBound)
            """
        var histogram = ExpiryHistogram()
        _ = try db.rows(query) { row -> Void? in
            guard let step = row.number(0), let number = row.number(1), number > 0 else { return nil }
            histogram.counts[Int(step), default: 0] += Int(number)
            return nil
        }
        // The current step includes tokens that have expired.
        let expired: SQLText = """
            SELECT count(*) FROM session
            WHERE access_order >= \(steps.lowerBound << ExpiryHistogram.stepBits) AND access_order <= \(Milliseconds.floor(now))
                AND class NOT IN ('damaged', 'discarded') AND listed AND +key_id IN \(keyIDs)
            """
        let left = histogram.counts[steps.lowerBound, default: 0] - Int(try db.number(expired) ?? 0)
        histogram.counts[steps.lowerBound] = left > 0 ? left : nil
        return histogram
    }
}
