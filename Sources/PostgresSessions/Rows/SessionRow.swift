import Foundation
import VisitorSessions

/// Reads sessions from rows of ``columns``. Columns have types and checks, so what cannot be read of a row is only what is
/// sealed.
struct SessionRow {
    /// Every column, for a `SELECT` or a `RETURNING`, after the key that the database names.
    static let columns: SQL = """
        \(StoreMetadata.keyID), session.id, label, client_id, visitor_id, issuer, role, session.access_expires_at,
        session.refresh_expires_at, created_at, tokens_at, renewed_at, renewal_count, auto_renew, lease_holder,
        lease_deadline, sent_at, refused_at, failures, retry_at, discarded_at, version, key_id
        """

    /// How many columns that are.
    static let count = 23

    /// The keys of this store. A session of another one is listed as damaged, unless it is put away.
    let keyIDs: [Data]

    func session(_ row: PostgresRow) -> VisitorSession? {
        guard let id = row.id(1) else { return nil }
        var session = VisitorSession(
            id: id, label: row.text(2) ?? "", clientID: row.text(3) ?? "", tokens: Tokens(),
            at: row.date(9) ?? Milliseconds.date(Milliseconds.range.lowerBound))
        session.visitorID = row.text(4)
        session.issuer = row.text(5)
        let role = row.text(6).flatMap(TokenRole.init(rawValue:))
        session.role = role ?? .none
        session.accessExpiry = Self.expiry(row.number(7))
        session.refreshExpiry = Self.expiry(row.number(8))
        session.tokensAt = row.date(10) ?? session.createdAt
        session.renewedAt = row.number(11).flatMap { $0 == Milliseconds.lowest ? nil : Milliseconds.date($0) }
        session.renewalCount = row.number(12).map(Int.init) ?? 0
        session.autoRenew = row.truth(13) ?? false
        if let holder = row.text(14), let deadline = row.date(15) {
            session.lease = SessionLease(holder: holder, deadline: deadline)
        }
        session.sentAt = row.date(16)
        session.refusedAt = row.date(17)
        session.failures = row.number(18).map(Int.init) ?? 0
        session.retryAt = row.date(19)
        session.discardedAt = row.date(20)
        let version = row.number(21)
        session.version = version.map(Int.init) ?? 0
        if role == nil || version == nil {
            session.damage = "its row cannot be read"
        } else if session.discardedAt == nil, !keyIDs.contains(row.data(22) ?? Data()) {
            session.damage = TokenSeal.sealedElsewhere
        }
        return session
    }

    private static func expiry(_ number: Int64?) -> TokenExpiry {
        switch number {
        case .none, Milliseconds.lowest: .absent
        case Milliseconds.highest: .unknown
        case .some(let number): .at(Milliseconds.date(number))
        }
    }
}

extension TokenSeal {
    /// Reads the rows that its keys have sealed.
    var rows: SessionRow { SessionRow(keyIDs: keyIDs) }
}
