import Foundation
import VisitorSessions

/// A session's tokens on their way into and out of their row: the values sealed, what is known of them in the clear beside
/// them, so that they come back as they were.
struct TokensRow {
    /// What ``tokens(_:from:of:)`` reads.
    static let columns: SQL = """
        tokens.session IS NOT NULL, access_sealed, tokens.access_expires_at, access_visitor_id, refresh_sealed,
        tokens.refresh_expires_at, refresh_role
        """

    let seal: TokenSeal

    func write(_ tokens: Tokens, of session: VisitorSession, _ db: PostgresConnection) throws {
        let id = session.id
        let access = try tokens.accessToken.map { try seal.seal($0.value, of: id, in: .access) }
        let refresh = try tokens.refreshToken.map { try seal.seal($0.value, of: id, in: .refresh) }
        try db.execute(
            """
            INSERT INTO session_inspector.tokens (
                session, in_use, access_sealed, access_fingerprint, access_expires_at, access_visitor_id,
                refresh_sealed, refresh_fingerprint, refresh_expires_at, refresh_role
            ) VALUES (
                \(id), \(session.discardedAt == nil), \(access), \(fingerprint(tokens.accessToken?.value)),
                \((tokens.accessToken?.expiresAt).map(Milliseconds.nearest)), \(tokens.accessToken?.visitorID),
                \(refresh), \(fingerprint(tokens.refreshToken?.value)),
                \((tokens.refreshToken?.expiresAt).map(Milliseconds.nearest)), \(tokens.refreshToken?.role.rawValue)
            )
            ON CONFLICT (session) DO UPDATE SET
                in_use = excluded.in_use, access_sealed = excluded.access_sealed,
                access_fingerprint = excluded.access_fingerprint, access_expires_at = excluded.access_expires_at,
                access_visitor_id = excluded.access_visitor_id, refresh_sealed = excluded.refresh_sealed,
                refresh_fingerprint = excluded.refresh_fingerprint, refresh_expires_at = excluded.refresh_expires_at,
                refresh_role = excluded.refresh_role
            """)
    }

    /// Throws ``StoreError/Kind-swift.enum/damaged`` where they cannot be read or unsealed.
    func tokens(_ row: PostgresRow, from first: Int, of id: SessionID) throws(StoreError) -> Tokens {
        guard row.truth(first) == true else { throw .damaged(id, "its tokens are missing") }
        var tokens = Tokens()
        if let sealed = row.data(first + 1) {
            tokens.accessToken = AccessToken(
                try seal.openStored(sealed, of: id, in: .access), expiresAt: row.date(first + 2),
                visitorID: row.text(first + 3))
        }
        if let sealed = row.data(first + 4) {
            guard let role = row.text(first + 6).flatMap(TokenRole.init(rawValue:)) else {
                throw .damaged(id, "the role of its refresh token is unknown")
            }
            tokens.refreshToken = RefreshToken(
                try seal.openStored(sealed, of: id, in: .refresh), role: role, expiresAt: row.date(first + 5))
        }
        return tokens
    }

    private func fingerprint(_ token: Secret?) -> Data? {
        token.map { seal.fingerprint($0).bytes }
    }
}
