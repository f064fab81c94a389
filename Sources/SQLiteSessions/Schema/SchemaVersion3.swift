import Foundation
import GRDB
import VisitorSessions

/// What version 3 adds: an index over every part of the words that lists are filtered by, and counts that are kept while
/// sessions are written. Triggers keep both, so that they hold whoever has written.
///
/// `class` says what a session's state depends on. A `timed` one's follows from when its access token ends, and later its
/// refresh token; a `lone` one has no refresh token, and an `odd` one's ends first. `tally` counts the sessions of each
/// class and key, and how many of their tokens end in which step of time: with the few rows of one step that makes the
/// number in every state, at any time.
///
/// `search` holds the trigrams of label, visitor and ID (SQLite FTS5, "The Trigram Tokenizer"), and `client` each client
/// ID once, for it would stand in every row of the index. A word is found with both, and then looked for in the row.
enum SchemaVersion3 {
    /// The steps in which refresh tokens end, in bits of milliseconds: some four and a half hours.
    static let refreshBits = 24

    static func apply(_ db: Database) throws {
        try replaceZeros(db)
        try db.execute(sql: sql)
        if try hasTrigrams(db) { try db.execute(sql: searchSQL) }
    }

    /// Whether this system's SQLite can make the index: since 3.34, where it is built with it.
    private static func hasTrigrams(_ db: Database) throws -> Bool {
        let version = try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? ""
        let isBuiltIn = try db.number("SELECT sqlite_compileoption_used('ENABLE_FTS5')") == 1
        return version.compare("3.34", options: .numeric) != .orderedAscending
            && isBuiltIn
    }

    /// Earlier versions left U+0000 in the text, at which the index would end.
    private static func replaceZeros(_ db: Database) throws {
        let found = try db.rows("SELECT rowid, search_text FROM session WHERE instr(search_text, char(0)) > 0")
        var texts: [(Int64, String)] = []
        while let row = try found.next() { texts.append((row[0], try ColumnText.text(of: row, at: 1) ?? "")) }
        for (row, text) in texts {
            let text = ColumnText.expression(VisitorSession.searchText(text))
            try db.run("UPDATE session SET search_text = \(text) WHERE rowid = \(row)")
        }
    }

    private static let sql = """
        ALTER TABLE session ADD COLUMN class TEXT GENERATED ALWAYS AS (
            CASE
                WHEN damage IS NOT NULL THEN 'damaged'
                WHEN discarded_at IS NOT NULL THEN 'discarded'
                WHEN lease_deadline IS NOT NULL THEN 'leased'
                WHEN sent_at IS NOT NULL THEN 'unresolved'
                WHEN refused_at IS NOT NULL THEN 'refused'
                WHEN refresh_expires_at = \(Milliseconds.lowest) THEN 'lone'
                WHEN refresh_expires_at < access_expires_at THEN 'odd'
                ELSE 'timed'
            END) VIRTUAL;
        CREATE INDEX session_by_class ON session (class, access_order, id) WHERE class <> 'timed';

        CREATE TABLE tally (
            measure TEXT NOT NULL,
            class TEXT NOT NULL,
            key_id BLOB,
            step INTEGER NOT NULL,
            number INTEGER NOT NULL,
            PRIMARY KEY (measure, class, key_id, step)
        ) WITHOUT ROWID;
        INSERT INTO tally
            SELECT 'session', class, key_id, 0, count(*) FROM session GROUP BY class, key_id;
        INSERT INTO tally
            SELECT 'access', class, key_id, \(accessStep("session")) AS step, count(*) FROM session
            WHERE class NOT IN ('damaged', 'discarded') GROUP BY class, key_id, step;
        INSERT INTO tally
            SELECT 'refresh', class, key_id, \(refreshStep("session")) AS step, count(*) FROM session
            WHERE class = 'timed' GROUP BY class, key_id, step;
        CREATE TRIGGER tally_insert AFTER INSERT ON session BEGIN
            \(count("new", by: "+ 1"))
        END;
        CREATE TRIGGER tally_delete AFTER DELETE ON session BEGIN
            \(count("old", by: "- 1"))
        END;
        CREATE TRIGGER tally_update AFTER UPDATE ON session
        WHEN old.class <> new.class OR old.key_id IS NOT new.key_id OR old.access_order <> new.access_order
            OR old.refresh_order <> new.refresh_order
        BEGIN
            \(count("old", by: "- 1"))
            \(count("new", by: "+ 1"))
        END;
        """

    /// Of a system whose SQLite has no such index, words are looked for in one row after another.
    private static let searchSQL = """
        CREATE TABLE client (text TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
        INSERT OR IGNORE INTO client SELECT \(clientText("session")) FROM session;
        CREATE VIRTUAL TABLE search USING fts5(
            text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1');
        INSERT INTO search (search, rank) VALUES ('hashsize', \(8 << 20));
        INSERT INTO search (rowid, text) SELECT rowid, \(indexedText("session")) FROM session;
        CREATE TRIGGER search_insert AFTER INSERT ON session BEGIN
            \(index("new"))
        END;
        CREATE TRIGGER search_delete AFTER DELETE ON session BEGIN
            \(forget("old"))
        END;
        CREATE TRIGGER search_update AFTER UPDATE OF search_text, id ON session
        WHEN old.search_text IS NOT new.search_text OR old.id <> new.id
        BEGIN
            \(forget("old"))
            \(index("new"))
        END;
        """

    static func count(_ row: String, by difference: String) -> String {
        func change(_ measure: String, _ step: String, where condition: String) -> String {
            """
            INSERT INTO tally SELECT '\(measure)', \(row).class, \(row).key_id, \(step), 0 \(difference) WHERE \(condition)
                ON CONFLICT DO UPDATE SET number = number \(difference);
            """
        }
        return [
            change("session", "0", where: "TRUE"),
            change("access", accessStep(row), where: "\(row).class NOT IN ('damaged', 'discarded')"),
            change("refresh", refreshStep(row), where: "\(row).class = 'timed'"),
        ].joined(separator: "\n    ")
    }

    static func accessStep(_ row: String) -> String {
        "\(row).access_order >> \(ExpiryHistogram.stepBits)"
    }

    static func refreshStep(_ row: String) -> String {
        "\(row).refresh_order >> \(refreshBits)"
    }

    static func index(_ row: String) -> String {
        """
        INSERT OR IGNORE INTO client VALUES (\(clientText(row)));
            INSERT INTO search (rowid, text) VALUES (\(row).rowid, \(indexedText(row)));
        """
    }

    private static func forget(_ row: String) -> String {
        "INSERT INTO search (search, rowid, text) VALUES ('delete', \(row).rowid, \(indexedText(row)));"
    }

    // MARK: The parts of the search text, which ends with the ID and the client's

    static func indexedText(_ row: String) -> String {
        "CASE WHEN typeof(\(row).search_text) = 'text' THEN substr(\(row).search_text, 1, \(idEnd(row))) ELSE '' END"
    }

    static func clientText(_ row: String) -> String {
        "CASE WHEN typeof(\(row).search_text) = 'text' THEN substr(\(row).search_text, \(idEnd(row)) + 2) ELSE '' END"
    }

    /// The place of the ID's last character. Where it does not stand in the text, which only damage can do, the whole text
    /// belongs to the index.
    private static func idEnd(_ row: String) -> String {
        let digits = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
            .map { "substr(lower(hex(\(row).id)), \($0.0), \($0.1))" }.joined(separator: " || '-' || ")
        return "coalesce(nullif(instr(\(row).search_text, \(digits)), 0) + 35, length(\(row).search_text))"
    }
}
