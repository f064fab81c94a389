import GRDB

/// What version 4 adds: many rows that are inserted at once are counted and indexed together, at the end of their
/// transaction, and not one by one. A row in `bulk` says so, which nobody else ever sees: it comes and goes within the
/// transaction.
///
/// The index of words is why. With every statement that may have to be undone SQLite asks it for a savepoint, and it writes
/// what it has gathered then: a segment for each session (fts5SavepointMethod).
enum SchemaVersion4 {
    static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE bulk (last INTEGER NOT NULL);
                DROP TRIGGER tally_insert;
                CREATE TRIGGER tally_insert AFTER INSERT ON session WHEN NOT EXISTS (SELECT 1 FROM bulk) BEGIN
                    \(SchemaVersion3.count("new", by: "+ 1"))
                END;
                """)
        guard try hasSearch(db) else { return }
        try db.execute(
            sql: """
                DROP TRIGGER search_insert;
                CREATE TRIGGER search_insert AFTER INSERT ON session WHEN NOT EXISTS (SELECT 1 FROM bulk) BEGIN
                    \(SchemaVersion3.index("new"))
                END;
                """)
    }

    /// Inserts rows, and counts and indexes them when all of them are there. Inside a transaction.
    static func inBulk<Value>(_ db: Database, _ insert: () throws -> Value) throws -> Value {
        try db.run("INSERT INTO bulk SELECT coalesce(max(rowid), 0) FROM session", [])
        let value = try insert()
        for sql in totals { try db.run(sql, []) }
        if try hasSearch(db) {
            for sql in words { try db.run(sql, []) }
        }
        try db.run("DELETE FROM bulk", [])
        return value
    }

    private static func hasSearch(_ db: Database) throws -> Bool {
        try db.number("SELECT 1 FROM sqlite_schema WHERE name = 'search'", []) == 1
    }

    private static let new = "FROM session WHERE rowid > (SELECT last FROM bulk)"

    private static let words = [
        "INSERT OR IGNORE INTO client SELECT DISTINCT \(SchemaVersion3.clientText("session")) \(new)",
        "INSERT INTO search (rowid, text) SELECT rowid, \(SchemaVersion3.indexedText("session")) \(new)",
    ]

    private static let totals = [
        total("session", "0", where: "TRUE"),
        total("access", SchemaVersion3.accessStep("session"), where: "class NOT IN ('damaged', 'discarded')"),
        total("refresh", SchemaVersion3.refreshStep("session"), where: "class = 'timed'"),
    ]

    private static func total(_ measure: String, _ step: String, where condition: String) -> String {
        """
        INSERT INTO tally SELECT '\(measure)', class, key_id, \(step) AS step, count(*) \(new) AND \(condition)
            GROUP BY class, key_id, step
            ON CONFLICT DO UPDATE SET number = number + excluded.number
        """
    }
}
