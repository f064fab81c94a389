import Foundation
import GRDB
import VisitorSessions

/// A session's tokens on their way into and out of their row: the values sealed, what is known of them in the
/// clear beside them, so that they come back as they were.
struct TokensRow {
    let seal: TokenSeal

    func write(_ tokens: Tokens, of id: SessionID, _ db: Database) throws {
        try db.run(Self.replacement, sealed(tokens, of: id).values)
    }

    /// The statement that writes a row of ``sealed(_:of:)``. A row that is there stays where it is, and so does what points to
    /// it, but for what is new.
    static let replacement: String = {
        let columns = [
            "access_sealed", "access_fingerprint", "access_expires_at", "access_visitor_id", "refresh_sealed",
            "refresh_fingerprint", "refresh_expires_at", "refresh_role",
        ]
        let changes = columns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return """
            INSERT INTO tokens (session, \(columns.joined(separator: ", ")))
            VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?) ON CONFLICT (session) DO UPDATE SET \(changes)
            """
    }()

    /// A row, and its fingerprints: that one first by which the journal knows it.
    func sealed(_ tokens: Tokens, of id: SessionID) throws -> (values: StatementArguments, fingerprints: [Data]) {
        let access = try tokens.accessToken.map { try sealed($0.value, of: id, in: .access) }
        let refresh = try tokens.refreshToken.map { try sealed($0.value, of: id, in: .refresh) }
        let values: StatementArguments = [
            id.blob, access?.bytes, access?.fingerprint, tokens.accessToken?.expiresAt.map(Milliseconds.nearest),
            ColumnText.bytes(tokens.accessToken?.visitorID), refresh?.bytes, refresh?.fingerprint,
            tokens.refreshToken?.expiresAt.map(Milliseconds.nearest), tokens.refreshToken?.role.rawValue,
        ]
        return (values, [refresh?.fingerprint, access?.fingerprint].compactMap(\.self))
    }

    /// Throws ``StoreError/Kind-swift.enum/damaged`` where they cannot be read or unsealed.
    func tokens(of id: SessionID, _ db: Database) throws -> Tokens {
        let query = """
            SELECT access_sealed, access_expires_at, access_visitor_id, refresh_sealed, refresh_expires_at, refresh_role
            FROM tokens WHERE session = ?
            """
        guard let tokens = try db.first(query, [id.blob], { row in try tokens(row, of: id) }) else {
            throw StoreError.damaged(id, "its tokens are missing")
        }
        return tokens
    }

    private func tokens(_ row: Row, of id: SessionID) throws -> Tokens {
        var tokens = Tokens()
        if let value = try opened(row, 0, of: id, in: .access) {
            tokens.accessToken = AccessToken(
                value, expiresAt: try time(row, 1, of: id), visitorID: try ColumnText.text(of: row, at: 2))
        }
        if let value = try opened(row, 3, of: id, in: .refresh) {
            guard let role = try ColumnText.text(of: row, at: 5).flatMap(TokenRole.init(rawValue:)) else {
                throw StoreError.damaged(id, "the role of its refresh token is unknown")
            }
            tokens.refreshToken = RefreshToken(value, role: role, expiresAt: try time(row, 4, of: id))
        }
        return tokens
    }

    private func sealed(
        _ token: Secret, of id: SessionID, in column: TokenSeal.Column
    ) throws -> (bytes: Data, fingerprint: Data) {
        (try seal.seal(token, of: id, in: column), seal.fingerprint(token).bytes)
    }

    func opened(_ row: Row, _ index: Int, of id: SessionID, in column: TokenSeal.Column) throws -> Secret? {
        let bytes: Data
        switch (row[index] as DatabaseValue).storage {
        case .null: return nil
        case .blob(let sealed): bytes = sealed
        default: throw StoreError.damaged(id, "its \(column.rawValue) token is not sealed")
        }
        return try seal.openStored(bytes, of: id, in: column)
    }

    private func time(_ row: Row, _ index: Int, of id: SessionID) throws -> Date? {
        switch (row[index] as DatabaseValue).storage {
        case .null: return nil
        case .int64(let number) where Milliseconds.range.contains(number): return Milliseconds.date(number)
        default: throw StoreError.damaged(id, "the expiry of one of its tokens is no time")
        }
    }
}
