package import Foundation
package import VisitorSessions

/// The queries that find sessions by what a person or a program has of them.
extension Dialect {
    /// The session `id`, with the ID of the key that seals as the last column.
    package func session(_ id: SessionID) -> SQLText {
        "SELECT \(sessionColumns), \(keyID) FROM \(session) WHERE session.id = \(id)"
    }

    /// The same with ``TokensRow/columns`` in between.
    package func opened(_ id: SessionID) -> SQLText {
        """
        SELECT \(sessionColumns), \(TokensRow.columns), \(keyID) FROM \(session)
        LEFT JOIN \(tokens) ON tokens.session = session.id WHERE session.id = \(id)
        """
    }

    /// The sessions that `reference` may mean: those whose ID begins with it, and those whose label it is.
    package func sessions(named reference: String, limit: Int) -> SQLText {
        // By the index first, which has lower-case labels, and in PostgreSQL their beginnings.
        let lowered = reference.lowercased()
        let isIndexed: SQLText =
            self == .sqlite ? "label_order = \(lowered)" : "left(label_sort, 200) = left(\(lowered), 200)"
        var conditions: [SQLText] = ["(label <> '' AND \(isIndexed) AND label = \(reference))"]
        if let digits = SessionReference.digits(reference) {
            conditions.append("id BETWEEN \(Self.id(digits, filledWith: 0)) AND \(Self.id(digits, filledWith: 15))")
        }
        return """
            SELECT \(sessionColumns), \(keyID) FROM \(session) WHERE \(conditions.joined(" OR "))
            ORDER BY label <> \(reference), id LIMIT \(max(limit, 0))
            """
    }

    private static func id(_ digits: String, filledWith filler: UInt8) -> SessionID {
        let nibbles =
            digits.compactMap { $0.hexDigitValue.map(UInt8.init) }
            + repeatElement(filler, count: 32 - digits.count)
        return SessionID(padding: stride(from: 0, to: 32, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] })
    }

    /// The sessions that hold a token, and after them those that held it at `since` or later: by fingerprints alone.
    ///
    /// A session held a token at least until the next entry of the journal that shows another.
    ///
    /// - Parameter fingerprints: One for each key of the store.
    package func sessions(holding fingerprints: [TokenFingerprint], since: Date, limit: Int) -> SQLText {
        let since = Milliseconds.nearest(since)
        let bytes = fingerprints.map(\.bytes)
        return """
            WITH present AS (
                SELECT session FROM \(tokens) WHERE access_fingerprint IN \(bytes)
                UNION SELECT session FROM \(tokens) WHERE refresh_fingerprint IN \(bytes)
            ), past AS (
                SELECT session, max(position) AS last FROM \(journal) WHERE fingerprint IN \(bytes) GROUP BY session
            ), found AS (
                SELECT session, 0 AS rank FROM present
                UNION ALL
                SELECT session, 1 FROM past
                WHERE session NOT IN (SELECT session FROM present) AND (
                    (SELECT at FROM \(journal) WHERE position = last) >= \(since)
                    OR (SELECT at FROM \(journal) AS next WHERE next.session = past.session AND position > last
                        ORDER BY position LIMIT 1) > \(since))
            )
            SELECT \(sessionColumns), \(keyID) FROM found JOIN \(session) ON session.id = found.session
            ORDER BY rank, session.id LIMIT \(max(limit, 0))
            """
    }
}

extension SessionID {
    /// The ID in `bytes`. What is too short is filled up with zeros, and what is too long is cut: so a damaged row has a
    /// name, too.
    package init(padding bytes: some Collection<UInt8>) {
        // Not a random UUID to write over: that would be a system call for each row of a list.
        var padded: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &padded) { $0.copyBytes(from: bytes.prefix(16)) }
        self.init(UUID(uuid: unsafeBitCast(padded, to: uuid_t.self)))
    }
}
