import Foundation
import GRDB
import VisitorSessions

/// No two sessions that are in use hold one refresh token.
struct RefreshTokenRule {
    let seal: TokenSeal

    /// Throws where another session in use than `id` holds `token`. Checked before it is written.
    ///
    /// - Parameter mayKeep: Whether the session may have what it has already: it was in use with it.
    func requireFree(_ token: Secret, for id: SessionID, mayKeep: Bool, _ db: Database) throws {
        let fingerprints = seal.fingerprints(token).map(\.bytes)
        let rows = try db.rows(
            """
            SELECT tokens.session FROM tokens JOIN session ON session.id = tokens.session
            WHERE refresh_fingerprint IN (\(databaseQuestionMarks(count: fingerprints.count))) AND discarded_at IS NULL
            """, fingerprints)
        var holders: Set<SessionID> = []
        while let row = try rows.next() { holders.insert(SessionID(padding: row[0])) }
        let isKept = holders.remove(id) != nil && mayKeep
        if !isKept, let holder = holders.min() { throw StoreError.duplicate(of: holder) }
    }
}
