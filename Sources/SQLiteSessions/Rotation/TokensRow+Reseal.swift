import Foundation
import GRDB
import VisitorSessions

extension TokensRow {
    /// Seals the tokens of a session anew, as they stand, and moves their fingerprints. Nothing else of it changes, so
    /// that a renewal under way finds the version that it saw.
    ///
    /// Returns whether they opened; where one of them does not, nothing is written.
    func reseal(_ blob: Data, _ db: Database) throws -> Bool {
        let id = SessionID(padding: blob)
        guard id.blob == blob else { return false }
        let query: SQL = "SELECT access_sealed, refresh_sealed FROM tokens WHERE session = \(blob)"
        guard let tokens = try db.first(query, { row in try opened(row, of: id) }) else { return false }
        try db.run(
            """
            UPDATE tokens SET
                access_sealed = \(try tokens.access.map { try seal.seal($0, of: id, in: .access) }),
                access_fingerprint = \(tokens.access.map { seal.fingerprint($0).bytes }),
                refresh_sealed = \(try tokens.refresh.map { try seal.seal($0, of: id, in: .refresh) }),
                refresh_fingerprint = \(tokens.refresh.map { seal.fingerprint($0).bytes })
            WHERE session = \(blob)
            """)
        if let token = tokens.refresh ?? tokens.access {
            // The journal goes on knowing the present token. What it says of earlier ones ends with their key.
            try db.run(
                """
                UPDATE journal SET fingerprint = \(seal.fingerprint(token).bytes)
                WHERE session = \(blob) AND fingerprint IN \(seal.fingerprints(token).map(\.bytes))
                """)
        }
        try db.run("UPDATE session SET key_id = \(seal.keyID) WHERE id = \(blob)")
        return true
    }

    /// `nil` where one of them does not open.
    private func opened(_ row: Row, of id: SessionID) throws -> (access: Secret?, refresh: Secret?)? {
        do {
            return (try opened(row, 0, of: id, in: .access), try opened(row, 1, of: id, in: .refresh))
        } catch let error as StoreError where error.kind == .damaged {
            return nil
        }
    }
}
