import Foundation
import VisitorSessions

/// No two sessions that are in use hold one refresh token.
///
/// The look here finds who holds it, under whichever key. Whoever writes it at the same time is stopped by the index
/// `tokens_in_use`; the transaction then begins anew, and finds them here.
struct RefreshTokenRule {
    let seal: TokenSeal

    /// Throws where another session in use than `id` holds `token`. Checked before it is written.
    func requireFree(_ token: Secret, for id: SessionID, _ db: PostgresConnection) throws {
        try requireFree(seal.fingerprints(token).map(\.bytes), for: id, db)
    }

    /// The same for the token that session `id` has.
    func requireOwnFree(for id: SessionID, _ db: PostgresConnection) throws {
        let own = try db.execute("SELECT refresh_fingerprint FROM session_inspector.tokens WHERE session = \(id)")
        guard let fingerprint = own.first?.data(0) else { return }
        try requireFree([fingerprint], for: id, db)
    }

    private func requireFree(_ fingerprints: [Data], for id: SessionID, _ db: PostgresConnection) throws {
        let holder = try db.execute(
            """
            SELECT session FROM session_inspector.tokens
            WHERE in_use AND refresh_fingerprint IN \(fingerprints) AND session <> \(id) ORDER BY session LIMIT 1
            """)
        if let holder = holder.first?.id(0) { throw StoreError.duplicate(of: holder) }
    }
}
