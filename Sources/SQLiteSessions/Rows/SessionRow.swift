import Foundation
import GRDB
import VisitorSessions

/// Reads sessions from rows of ``SessionColumn/list``.
///
/// The database says which rows are damaged (`damage` in ``SchemaVersion1``). Of those, as much is read as can
/// be; reading one never fails.
struct SessionRow {
    /// The keys of this store. A session of another one is listed as damaged, unless it is put away.
    let keyIDs: [Data]

    /// The sessions that `query` selects, in its order.
    func sessions(_ db: Database, _ query: SQL) throws -> [VisitorSession] {
        try sessions(db.rows(query))
    }

    private func sessions(_ rows: RowCursor) throws -> [VisitorSession] {
        var sessions: [VisitorSession] = []
        while let row = try rows.next() {
            sessions.append(try session(row))
        }
        return sessions
    }

    /// The session `id`. `nil` where there is none.
    func session(_ db: Database, _ id: SessionID) throws -> VisitorSession? {
        try sessions(db.rows(Self.oneByID, [id.blob])).first
    }

    private static let oneByID = "SELECT \(SessionColumn.list) FROM session WHERE id = ?"

    private func session(_ row: Row) throws -> VisitorSession {
        let id = SessionID(padding: bytes(row, .id) ?? Data())
        var session = VisitorSession(
            id: id, label: try text(row, .label) ?? "", clientID: try text(row, .clientID) ?? "", tokens: Tokens(),
            at: time(row, .createdAt) ?? Milliseconds.date(Milliseconds.range.lowerBound))
        session.visitorID = try text(row, .visitorID)
        let role = try text(row, .role).flatMap(TokenRole.init(rawValue:))
        session.role = role ?? .none
        session.accessExpiry = expiry(row, .accessExpiry)
        session.refreshExpiry = expiry(row, .refreshExpiry)
        session.tokensAt = time(row, .tokensAt) ?? session.createdAt
        session.renewedAt = time(row, .renewedAt)
        session.renewalCount = number(row, .renewalCount).map(Int.init) ?? 0
        session.autoRenew = number(row, .autoRenew) == 1
        if let holder = try text(row, .leaseHolder), let deadline = time(row, .leaseDeadline) {
            session.lease = SessionLease(holder: holder, deadline: deadline)
        }
        session.sentAt = time(row, .sentAt)
        session.refusedAt = time(row, .refusedAt)
        session.discardedAt = time(row, .discardedAt)
        session.issuer = try text(row, .issuer)
        session.failures = number(row, .failures).map(Int.init) ?? 0
        session.retryAt = time(row, .retryAt)
        let version = number(row, .version)
        session.version = version.map(Int.init) ?? 0
        session.damage = try text(row, .damage)
        if session.damage != nil, let order = try text(row, .labelOrder), session.label.lowercased() != order {
            // A damaged row has its place in a list by what the list is sorted by.
            session.label = order
        }
        if session.damage == nil, role == nil || version == nil {
            session.damage = "its row cannot be read"
        }
        if session.damage == nil, session.discardedAt == nil, !keyIDs.contains(bytes(row, .keyID) ?? Data()) {
            session.damage = TokenSeal.sealedElsewhere
        }
        return session
    }

    private func text(_ row: Row, _ column: SessionColumn) throws -> String? {
        try ColumnText.text(of: row, at: column.rawValue)
    }

    private func bytes(_ row: Row, _ column: SessionColumn) -> Data? {
        guard case .blob(let bytes) = (row[column.rawValue] as DatabaseValue).storage else { return nil }
        return bytes
    }

    private func number(_ row: Row, _ column: SessionColumn) -> Int64? {
        guard case .int64(let number) = (row[column.rawValue] as DatabaseValue).storage else { return nil }
        return number
    }

    private func time(_ row: Row, _ column: SessionColumn) -> Date? {
        number(row, column).flatMap { Milliseconds.range.contains($0) ? Milliseconds.date($0) : nil }
    }

    private func expiry(_ row: Row, _ column: SessionColumn) -> TokenExpiry {
        switch number(row, column) {
        case Milliseconds.highest: .unknown
        case .some(let number) where Milliseconds.range.contains(number): .at(Milliseconds.date(number))
        default: .absent
        }
    }
}
