import Foundation
import GRDB
import VisitorSessions

/// The migrations of a store's tables. Append only: each is frozen SQL, independent of the program's types.
///
/// `PRAGMA user_version` holds the number of the last one, which identifies a newer store before it is read.
enum Migrations {
    static let currentVersion: Int32 = 14

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        func register(_ version: Int32, _ migrate: @escaping @Sendable (Database) throws -> Void) {
            // Immediate checks, so that a store that has lost rows can still be migrated.
            migrator.registerMigration("\(version)", foreignKeyChecks: .immediate) { db in
                try migrate(db)
                try db.execute(sql: "PRAGMA user_version = \(version)")
            }
        }
        register(1) { db in
            try db.execute(sql: version1)
            try db.execute(sql: "PRAGMA application_id = \(0x5365_7373)")
        }
        register(2) { try $0.execute(sql: version2) }
        register(3) { db in
            // Replaces U+0000 with U+0001, because the index stops at U+0000.
            try replaceZeros(in: ["search_text"], by: "x'01'", db)
            try db.execute(sql: version3)
            if try hasTrigrams(db) { try db.execute(sql: version3Search) }
        }
        register(4) { db in
            try db.execute(sql: version4)
            if try db.tableExists("search") { try db.execute(sql: version4Search) }
        }
        register(5) { try $0.execute(sql: version5) }
        register(6) { db in
            // Replaces U+0000 with U+FFFD: lists page by these columns, which could hold it until now.
            let columns = ["label", "label_sort", "client_id", "visitor_id", "issuer"]
            try replaceZeros(in: columns, by: "x'EFBFBD'", db)
        }
        register(7) { db in
            try db.execute(sql: version7(dropsColumns: isSQLite("3.35", db)))
        }
        register(8) { try $0.execute(sql: version8) }
        register(9) { try $0.execute(sql: version9) }
        register(10) { try $0.execute(sql: version10) }
        register(11) { try $0.execute(sql: version11) }
        register(12) { try $0.execute(sql: version12) }
        register(13) { try $0.execute(sql: version13) }
        register(14) { try $0.execute(sql: version14) }
        return migrator
    }()

    /// Whether SQLite has the trigram index: 3.34 or later, if built in.
    private static func hasTrigrams(_ db: Database) throws -> Bool {
        let isBuiltIn = try Bool.fetchOne(db, sql: "SELECT sqlite_compileoption_used('ENABLE_FTS5')") ?? false
        return try isBuiltIn && isSQLite("3.34", db)
    }

    /// Whether SQLite has this version or a later one.
    private static func isSQLite(_ version: String, _ db: Database) throws -> Bool {
        let actual = try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? ""
        return actual.compare(version, options: .numeric) != .orderedAscending
    }

    /// Replaces each U+0000 byte by byte, because SQLite's text functions stop at it.
    private static func replaceZeros(in columns: [String], by replacement: String, _ db: Database) throws {
        func hasZero(_ column: String) -> String {
            "(typeof(\(column)) = 'text' AND instr(CAST(\(column) AS BLOB), x'00') > 0)"
        }
        let anyHasZero = columns.map(hasZero).joined(separator: " OR ")
        guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM session WHERE \(anyHasZero))") == true else {
            return
        }
        for column in columns {
            let bytes = "CAST(\(column) AS BLOB)"
            let place = "instr(\(bytes), x'00')"
            repeat {
                try db.execute(
                    sql: """
                        UPDATE session SET \(column) = CAST(substr(\(bytes), 1, \(place) - 1) || \(replacement)
                            || substr(\(bytes), \(place) + 1) AS TEXT) WHERE \(hasZero(column))
                        """)
            } while db.changesCount > 0
        }
    }

    // MARK: Versions

    /// Issuers and failed renewals of sessions, fingerprints in the journal, request budgets and maintenance locks.
    ///
    /// `damage` stays as in version 1. The new columns of a session are checked on writing, and an unreadable value
    /// counts as unknown.
    private static let version2 = """
        ALTER TABLE session ADD COLUMN issuer TEXT CHECK (typeof(issuer) IN ('text', 'null'));
        ALTER TABLE session ADD COLUMN failures INTEGER NOT NULL DEFAULT 0
            CHECK (typeof(failures) = 'integer' AND failures >= 0);
        ALTER TABLE session ADD COLUMN retry_at INTEGER CHECK (typeof(retry_at) IN ('integer', 'null'));
        CREATE INDEX session_by_auto_renewal ON session (access_order, id) WHERE listed AND auto_renew = 1;
        CREATE INDEX session_by_discard ON session (discarded_at) WHERE NOT listed;
        -- Which rows a rotation of keys has still to come to.
        CREATE INDEX session_by_key ON session (key_id);

        ALTER TABLE journal ADD COLUMN fingerprint BLOB;
        CREATE INDEX journal_by_fingerprint ON journal (fingerprint, session) WHERE fingerprint IS NOT NULL;

        -- When a client's next request would come at an even pace.
        CREATE TABLE budget (client_id TEXT NOT NULL PRIMARY KEY, arrival INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX budget_by_arrival ON budget (arrival);

        CREATE TABLE chore (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, deadline INTEGER NOT NULL)
            WITHOUT ROWID;
        """

    /// While `bulk` has a row, inserted rows are counted and indexed at the end of their transaction.
    private static let version4 = """
        CREATE TABLE bulk (last INTEGER NOT NULL);
        DROP TRIGGER tally_insert;
        CREATE TRIGGER tally_insert AFTER INSERT ON session WHEN NOT EXISTS (SELECT 1 FROM bulk) BEGIN
            INSERT INTO tally SELECT 'session', new.class, new.key_id, 0, 0 + 1 WHERE TRUE
            ON CONFLICT DO UPDATE SET number = number + 1;
            INSERT INTO tally SELECT 'access', new.class, new.key_id, new.access_order >> 14, 0 + 1
                WHERE new.class NOT IN ('damaged', 'discarded')
            ON CONFLICT DO UPDATE SET number = number + 1;
            INSERT INTO tally SELECT 'refresh', new.class, new.key_id, new.refresh_order >> 24, 0 + 1
                WHERE new.class = 'timed'
            ON CONFLICT DO UPDATE SET number = number + 1;
        END;
        """

    private static let version4Search = """
        DROP TRIGGER search_insert;
        CREATE TRIGGER search_insert AFTER INSERT ON session WHEN NOT EXISTS (SELECT 1 FROM bulk) BEGIN
            INSERT OR IGNORE INTO client VALUES (CASE WHEN typeof(new.search_text) = 'text'
                THEN substr(new.search_text, coalesce(nullif(instr(new.search_text, substr(lower(hex(new.id)),
                1, 8) || '-' || substr(lower(hex(new.id)), 9, 4) || '-' || substr(lower(hex(new.id)), 13, 4)
                || '-' || substr(lower(hex(new.id)), 17, 4) || '-' || substr(lower(hex(new.id)), 21, 12)),
                0) + 35, length(new.search_text)) + 2) ELSE '' END);
            INSERT INTO search (rowid, text) VALUES (new.rowid, CASE WHEN typeof(new.search_text) = 'text'
                THEN substr(new.search_text, 1, coalesce(nullif(instr(new.search_text,
                substr(lower(hex(new.id)), 1, 8) || '-' || substr(lower(hex(new.id)), 9, 4) || '-'
                || substr(lower(hex(new.id)), 13, 4) || '-' || substr(lower(hex(new.id)), 17, 4) || '-'
                || substr(lower(hex(new.id)), 21, 12)), 0) + 35, length(new.search_text))) ELSE '' END);
        END;
        """

    /// Readings of issuers' clocks, one per boot of a machine.
    private static let version5 = """
        CREATE TABLE issuer_clock (
            issuer TEXT NOT NULL,
            boot_id TEXT NOT NULL,
            -- In milliseconds since that start, suspends included.
            uptime INTEGER NOT NULL,
            issuer_time INTEGER NOT NULL,
            stored_at INTEGER NOT NULL,
            PRIMARY KEY (issuer, boot_id)
        ) WITHOUT ROWID;
        CREATE INDEX issuer_clock_by_time ON issuer_clock (issuer, stored_at);
        """

    /// Requests of running applications. Rows outlive their sessions until the next purge, so they don't refer to them.
    private static let version8 = """
        -- A run or browser tab. Its sessions are live until its deadline.
        CREATE TABLE live_source (
            id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, search_text TEXT NOT NULL,
            deadline INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE request (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            session BLOB NOT NULL,
            source TEXT NOT NULL,
            stored_at INTEGER NOT NULL,
            at INTEGER NOT NULL,
            process INTEGER,
            method TEXT NOT NULL,
            path TEXT NOT NULL,
            status INTEGER,
            failure TEXT,
            -- In milliseconds since the request was sent.
            first_byte INTEGER,
            duration INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            request_id TEXT,
            grant_type TEXT,
            flags INTEGER NOT NULL,
            fingerprint BLOB
        );
        CREATE INDEX request_by_session ON request (session, position);
        CREATE INDEX request_by_time ON request (stored_at);

        -- One row for each session that has requests.
        CREATE TABLE live_session (
            session BLOB NOT NULL PRIMARY KEY,
            source TEXT NOT NULL,
            process INTEGER,
            requests INTEGER NOT NULL,
            last_position INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            last_status INTEGER,
            last_failure TEXT
        ) WITHOUT ROWID;
        CREATE INDEX live_session_by_position ON live_session (last_position);
        """

    /// Lets the index of access expiries show which sessions change state soon, without reading their rows.
    private static let version9 = """
        DROP INDEX session_by_access;
        CREATE INDEX session_by_access ON session (access_order, id, class, key_id) WHERE listed;
        """

    /// Where applications keep tokens.
    private static let version10 = """
        CREATE TABLE place (
            origin TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, attributes TEXT NOT NULL, form TEXT NOT NULL,
            PRIMARY KEY (origin, kind, name)
        ) WITHOUT ROWID;
        """

    /// Which sessions' tokens are substituted in running applications.
    private static let version11 = """
        CREATE TABLE substitution (session BLOB NOT NULL PRIMARY KEY, target BLOB NOT NULL) WITHOUT ROWID;
        """

    /// Adds `tokens_at` to the index of access expiries: a token's lifetime limits its warning window.
    private static let version12 = """
        DROP INDEX session_by_access;
        CREATE INDEX session_by_access ON session (access_order, id, class, key_id, tokens_at) WHERE listed;
        """

    /// The tokens that `set` last replaced.
    private static let version13 = """
        ALTER TABLE tokens ADD COLUMN replaced_sealed BLOB;
        """

    /// How long the issuer took, in milliseconds.
    private static let version14 = "ALTER TABLE journal ADD COLUMN duration INTEGER;"
}
