package import Foundation
package import VisitorSessions

extension Dialect {
    /// The session, followed by the current key's ID.
    package func session(_ id: SessionID) -> SQLText {
        "SELECT \(sessionColumns), \(keyID) FROM \(session) WHERE session.id = \(id)"
    }

    /// The session, ``TokensRow/columns`` and the current key's ID.
    package func opened(_ id: SessionID) -> SQLText {
        """
        SELECT \(sessionColumns), \(TokensRow.columns), \(keyID) FROM \(session)
        LEFT JOIN \(tokens) ON tokens.session = session.id WHERE session.id = \(id)
        """
    }

    /// Sessions whose ID begins with `reference`, or whose label equals it.
    package func sessions(named reference: String, limit: Int) -> SQLText {
        // The index holds lowercase labels (in PostgreSQL, their prefixes), so it is queried first.
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
        return stride(from: 0, to: 32, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }.withUnsafeBytes {
            SessionID(padding: $0)
        }
    }

    /// Sessions that hold a token, followed by those that held it at or after `since`, matched by fingerprint.
    ///
    /// A session held a token until its next journal entry with another fingerprint.
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
    /// The ID in `bytes`, padded with zeros or truncated, so that even a damaged row has an ID.
    package init(padding bytes: UnsafeRawBufferPointer) {
        // Starting from a random UUID would cost a system call per row.
        var padded: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &padded) { $0.copyBytes(from: bytes.prefix(16)) }
        self.init(UUID(uuid: unsafeBitCast(padded, to: uuid_t.self)))
    }
}
