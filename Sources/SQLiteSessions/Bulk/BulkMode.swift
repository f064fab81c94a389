import GRDB
import SessionSQL

/// Counts and indexes many inserted rows together, at the end of their transaction, and not one by one: the triggers of
/// the table `session` do nothing while `bulk` has a row, which comes and goes within the transaction.
///
/// The index of words is why. With every statement that may have to be undone SQLite asks it for a savepoint, and it then
/// writes what it has gathered: a segment for each session (fts5SavepointMethod).
enum BulkMode {
    static func insert<Value>(_ db: Database, _ insert: () throws -> Value) throws -> Value {
        try db.run("INSERT INTO bulk SELECT coalesce(max(rowid), 0) FROM session")
        let value = try insert()
        for statement in totals { try db.run(statement) }
        if try db.number("SELECT 1 FROM sqlite_schema WHERE name = 'search'") == 1 {
            for statement in words { try db.run(statement) }
        }
        try db.run("DELETE FROM bulk")
        return value
    }

    private static let new = "FROM session WHERE rowid > (SELECT last FROM bulk)"

    /// As the triggers count one row.
    private static let totals = [
        total("session", "0", where: "TRUE"),
        total("access", "access_order >> 14", where: "class NOT IN ('damaged', 'discarded')"),
        total("refresh", "refresh_order >> 24", where: "class = 'timed'"),
    ]

    private static func total(_ measure: String, _ step: String, where condition: String) -> SQLText {
        """
        INSERT INTO tally SELECT '\(raw: measure)', class, key_id, \(raw: step) AS step, count(*) \(raw: new)
                AND \(raw: condition)
            GROUP BY class, key_id, step
            ON CONFLICT DO UPDATE SET number = number + excluded.number
        """
    }

    /// As the triggers index one row: the client in a table of its own, and everything before it in the index.
    private static let words: [SQLText] = [
        """
        INSERT OR IGNORE INTO client SELECT DISTINCT
            CASE WHEN typeof(search_text) = 'text' THEN substr(search_text, \(raw: idEnd) + 2) ELSE '' END \(raw: new)
        """,
        """
        INSERT INTO search (rowid, text) SELECT rowid,
            CASE WHEN typeof(search_text) = 'text' THEN substr(search_text, 1, \(raw: idEnd)) ELSE '' END \(raw: new)
        """,
    ]

    /// Where the ID ends in the search text, which ends with the ID and the client's. A text without the ID, which only
    /// damage makes, belongs to the index as a whole.
    private static let idEnd: String = {
        let digits = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
            .map { "substr(lower(hex(id)), \($0.0), \($0.1))" }.joined(separator: " || '-' || ")
        return "coalesce(nullif(instr(search_text, \(digits)), 0) + 35, length(search_text))"
    }()
}
