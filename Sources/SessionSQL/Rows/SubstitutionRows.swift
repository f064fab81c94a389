import VisitorSessions

/// Which sessions' tokens are substituted in running applications. Rows of purged sessions don't count.
enum SubstitutionRows {
    static func replacement(of id: SessionID, with target: SessionID, _ dialect: Dialect) -> SQLText {
        """
        INSERT INTO \(table(dialect)) (session, target) VALUES (\(id), \(target))
        ON CONFLICT (session) DO UPDATE SET target = excluded.target
        """
    }

    /// Deletes the session's row, and those of purged sessions.
    static func deletion(of id: SessionID, _ dialect: Dialect) -> SQLText {
        """
        DELETE FROM \(table(dialect)) WHERE session = \(id)
        OR session NOT IN (SELECT id FROM \(dialect.session)) OR target NOT IN (SELECT id FROM \(dialect.session))
        """
    }

    static func query(_ dialect: Dialect) -> SQLText {
        """
        SELECT session, target FROM \(table(dialect))
        WHERE EXISTS (SELECT 1 FROM \(dialect.session) WHERE id = substitution.session)
        AND EXISTS (SELECT 1 FROM \(dialect.session) WHERE id = substitution.target) ORDER BY session
        """
    }

    /// `nil` if the row is unreadable.
    static func substitution(_ row: any SQLRow) -> Substitution? {
        guard let session = row.id(0), let target = row.id(1) else { return nil }
        return Substitution(of: session, with: target)
    }

    private static func table(_ dialect: Dialect) -> SQLText { dialect.table("substitution") }
}
