package import Foundation
package import VisitorSessions

/// The row of a session's tokens: the sealed values and their metadata, which isn't sealed.
package struct TokensRow {
    /// The columns read by ``tokens(_:from:of:)``. `access_expires_at` exists in both tables.
    package static let columns: SQLText = """
        tokens.session IS NOT NULL, access_sealed, tokens.access_expires_at, access_visitor_id, refresh_sealed,
        tokens.refresh_expires_at, refresh_role
        """

    package static let columnCount = 7

    package let seal: TokenSeal

    package init(seal: TokenSeal) {
        self.seal = seal
    }

    // MARK: Writing

    private static let names = [
        "access_sealed", "access_fingerprint", "access_expires_at", "access_visitor_id", "refresh_sealed",
        "refresh_fingerprint", "refresh_expires_at", "refresh_role",
    ]

    /// The statement for ``sealed(_:of:isInUse:_:)``. It updates an existing row in place, so index entries of
    /// unchanged values aren't rewritten.
    package static func replacement(_ dialect: Dialect) -> String {
        dialect == .sqlite ? sqliteReplacement : postgresReplacement
    }

    private static let sqliteReplacement = replacement(of: names, .sqlite)

    /// PostgreSQL's unique index over tokens in use stops concurrent writers of the same token.
    private static let postgresReplacement = replacement(of: names + ["in_use"], .postgres)

    private static func replacement(of names: [String], _ dialect: Dialect) -> String {
        let changes = names.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return """
            INSERT INTO \(dialect.tokens.text) (session, \(names.joined(separator: ", ")))
            VALUES (\(SQLText.placeholders(1 + names.count))) ON CONFLICT (session) DO UPDATE SET \(changes)
            """
    }

    package func write(_ tokens: Tokens, of session: VisitorSession, _ db: any SQLConnection) throws {
        let (values, _) = try sealed(tokens, of: session.id, isInUse: session.discardedAt == nil, db.dialect)
        try db.run(SQLText(Self.replacement(db.dialect), values))
    }

    /// The values of a row, and its fingerprints, the one used in the journal first.
    package func sealed(
        _ tokens: Tokens, of id: SessionID, isInUse: Bool, _ dialect: Dialect
    ) throws -> (values: [SQLText.Value], fingerprints: [Data]) {
        let access = try tokens.accessToken.map { try seal.seal($0.value, of: id, in: .access) }
        let refresh = try tokens.refreshToken.map { try seal.seal($0.value, of: id, in: .refresh) }
        let accessFingerprint = (tokens.accessToken?.value).map { seal.fingerprint($0).bytes }
        let refreshFingerprint = (tokens.refreshToken?.value).map { seal.fingerprint($0).bytes }
        let values: [SQLText.Value] = [
            .id(id), .bytes(access), .bytes(accessFingerprint), .time(tokens.accessToken?.expiresAt),
            .storable(tokens.accessToken?.visitorID), .bytes(refresh), .bytes(refreshFingerprint),
            .time(tokens.refreshToken?.expiresAt), .text(tokens.refreshToken?.role.rawValue),
        ]
        return (
            dialect == .postgres ? values + [.truth(isInUse)] : values,
            [refreshFingerprint, accessFingerprint].compactMap(\.self)
        )
    }

    /// Keeps replaced tokens beside the session's own, in one sealed value.
    func keep(_ replaced: ReplacedTokens, of id: SessionID, _ db: any SQLConnection) throws {
        let text = String(decoding: try JSONEncoder().encode(ReplacedValue(replaced)), as: UTF8.self)
        let sealed = try seal.seal(Secret(text), of: id, in: .replaced)
        try db.run("UPDATE \(db.dialect.tokens) SET replaced_sealed = \(sealed) WHERE session = \(id)")
    }

    // MARK: Reading

    /// Reads the tokens that ``keep(_:of:_:)`` stored, from the first column.
    func replaced(_ row: any SQLRow, of id: SessionID) throws(StoreError) -> ReplacedTokens? {
        guard let text = try opened(row, 0, of: id, in: .replaced) else { return nil }
        do {
            return try JSONDecoder().decode(ReplacedValue.self, from: Data(text.reveal().utf8)).replaced
        } catch {
            throw .damaged(id, "the tokens that were replaced can't be decoded")
        }
    }

    /// Throws ``StoreError/Kind-swift.enum/damaged`` if the tokens can't be read or unsealed.
    package func tokens(of id: SessionID, _ db: any SQLConnection) throws -> Tokens {
        let query: SQLText = "SELECT \(Self.columns) FROM \(db.dialect.tokens) AS tokens WHERE session = \(id)"
        guard let tokens = try db.first(query, { try tokens($0, from: 0, of: id) }) else {
            throw StoreError.damaged(id, "its tokens are missing")
        }
        return tokens
    }

    /// Reads ``columns``, starting at column `first`.
    package func tokens(_ row: any SQLRow, from first: Int, of id: SessionID) throws(StoreError) -> Tokens {
        guard row.truth(first) == true else { throw .damaged(id, "its tokens are missing") }
        var tokens = Tokens()
        if let value = try opened(row, first + 1, of: id, in: .access) {
            tokens.accessToken = AccessToken(
                value, expiresAt: try expiry(row, first + 2, of: id), visitorID: row.text(first + 3))
        }
        if let value = try opened(row, first + 4, of: id, in: .refresh) {
            guard let role = row.text(first + 6).flatMap(TokenRole.init(rawValue:)) else {
                throw .damaged(id, "the role of its refresh token is unknown")
            }
            tokens.refreshToken = RefreshToken(value, role: role, expiresAt: try expiry(row, first + 5, of: id))
        }
        return tokens
    }

    /// The token in a column; `nil` if it is `NULL`.
    package func opened(
        _ row: any SQLRow, _ column: Int, of id: SessionID, in place: TokenSeal.Column
    ) throws(StoreError) -> Secret? {
        guard !row.isNull(column) else { return nil }
        guard let sealed = row.bytes(column) else {
            throw .damaged(id, "its \(place.rawValue) token isn't sealed")
        }
        return try seal.openStored(sealed, of: id, in: place)
    }

    private func expiry(_ row: any SQLRow, _ column: Int, of id: SessionID) throws(StoreError) -> Date? {
        guard !row.isNull(column) else { return nil }
        guard let date = row.date(column) else { throw .damaged(id, "a token's expiry isn't a valid time") }
        return date
    }
}

/// The JSON form of replaced tokens before sealing. Its property names are stored, so they must not change.
private struct ReplacedValue: Codable {
    private struct Token: Codable {
        var value: String
        var expiresAt: Date?
        var visitorID: String?
        var role: TokenRole?
    }

    private var access: Token?
    private var refresh: Token?
    private var clientID: String
    private var visitorID: String?
    private var issuer: String?
    private var tokensAt: Date?
    private var refusedAt: Date?

    init(_ replaced: ReplacedTokens) {
        access = replaced.tokens.accessToken.map {
            Token(value: $0.value.reveal(), expiresAt: $0.expiresAt, visitorID: $0.visitorID)
        }
        refresh = replaced.tokens.refreshToken.map {
            Token(value: $0.value.reveal(), expiresAt: $0.expiresAt, role: $0.role)
        }
        clientID = replaced.clientID
        visitorID = replaced.visitorID
        issuer = replaced.issuer
        tokensAt = replaced.tokensAt
        refusedAt = replaced.refusedAt
    }

    var replaced: ReplacedTokens {
        let accessToken = access.map {
            AccessToken(Secret($0.value), expiresAt: $0.expiresAt, visitorID: $0.visitorID)
        }
        let refreshToken = refresh.map {
            RefreshToken(Secret($0.value), role: $0.role ?? .visitor, expiresAt: $0.expiresAt)
        }
        return ReplacedTokens(
            Tokens(accessToken: accessToken, refreshToken: refreshToken), clientID: clientID, visitorID: visitorID,
            issuer: issuer, tokensAt: tokensAt, refusedAt: refusedAt)
    }
}
