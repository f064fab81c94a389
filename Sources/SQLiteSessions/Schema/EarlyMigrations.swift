/// The first version of the tables. Frozen.
///
/// Times are whole milliseconds since 1970, within 2^50 of it. A missing token's expiry is the lowest number and an
/// unknown expiry the highest; `renewed_at` is the lowest for a session that was never renewed. So the sorted columns
/// are never null.
///
/// Tokens have a table of their own: lists read the narrow one and never touch sealed values.
///
/// Generated columns check a row, whatever program wrote it: `damage` says why it can't be read, `listed` whether lists
/// show it by default, and the `…_order` columns are sortable even for a damaged row.
extension Migrations {
    static let version1 = """
        CREATE TABLE metadata (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

        CREATE TABLE session (
            id BLOB NOT NULL PRIMARY KEY CHECK (typeof(id) = 'blob' AND length(id) = 16),
            label TEXT NOT NULL,
            client_id TEXT NOT NULL,
            visitor_id TEXT,
            role TEXT NOT NULL,
            access_expires_at INTEGER NOT NULL,
            refresh_expires_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            tokens_at INTEGER NOT NULL,
            renewed_at INTEGER NOT NULL,
            renewal_count INTEGER NOT NULL,
            auto_renew INTEGER NOT NULL,
            lease_holder TEXT,
            lease_deadline INTEGER,
            sent_at INTEGER,
            refused_at INTEGER,
            discarded_at INTEGER,
            version INTEGER NOT NULL,
            key_id BLOB NOT NULL,
            label_sort TEXT NOT NULL,
            search_text TEXT NOT NULL,
            damage TEXT GENERATED ALWAYS AS (CASE
            WHEN typeof(label) <> 'text' OR typeof(label_sort) <> 'text' THEN 'its label is no text'
            WHEN typeof(client_id) <> 'text' THEN 'its client ID is no text'
            WHEN typeof(visitor_id) NOT IN ('text', 'null') THEN 'its visitor ID is no text'
            WHEN typeof(role) <> 'text' OR role NOT IN ('visitor', 'member', 'none') THEN 'its role is unknown'
            WHEN NOT (typeof(access_expires_at) = 'integer' AND
                (access_expires_at BETWEEN -1125899906842624 AND 1125899906842624
                OR access_expires_at = -9223372036854775808 OR access_expires_at = 9223372036854775807))
                THEN 'its access expiry is no time'
            WHEN NOT (typeof(refresh_expires_at) = 'integer' AND
                (refresh_expires_at BETWEEN -1125899906842624 AND 1125899906842624
                OR refresh_expires_at = -9223372036854775808 OR refresh_expires_at = 9223372036854775807))
                THEN 'its refresh expiry is no time'
            WHEN NOT (typeof(created_at) = 'integer' AND (created_at BETWEEN -1125899906842624
                AND 1125899906842624)) OR NOT (typeof(tokens_at) = 'integer' AND
                (tokens_at BETWEEN -1125899906842624 AND 1125899906842624)) OR NOT
                (typeof(renewed_at) = 'integer' AND (renewed_at BETWEEN -1125899906842624
                AND 1125899906842624 OR renewed_at = -9223372036854775808))
                THEN 'one of its times is no time'
            WHEN NOT (sent_at IS NULL OR (typeof(sent_at) = 'integer' AND
                (sent_at BETWEEN -1125899906842624 AND 1125899906842624))) OR NOT (refused_at IS NULL OR
                (typeof(refused_at) = 'integer' AND (refused_at BETWEEN -1125899906842624
                AND 1125899906842624)))
                OR NOT (discarded_at IS NULL OR (typeof(discarded_at) = 'integer' AND
                    (discarded_at BETWEEN -1125899906842624 AND 1125899906842624)))
                    THEN 'one of its times is no time'
            WHEN typeof(lease_holder) NOT IN ('text', 'null') OR NOT (lease_deadline IS NULL OR
                (typeof(lease_deadline) = 'integer' AND (lease_deadline BETWEEN -1125899906842624
                AND 1125899906842624)))
                OR (lease_holder IS NULL) <> (lease_deadline IS NULL) THEN 'its lease cannot be read'
            WHEN typeof(renewal_count) <> 'integer' OR renewal_count < 0 OR typeof(version) <> 'integer'
                THEN 'one of its counts is no count'
            WHEN typeof(auto_renew) <> 'integer' OR auto_renew NOT IN (0, 1) THEN 'its auto-renewal is unknown'
            WHEN typeof(key_id) <> 'blob' OR length(key_id) <> 8 THEN 'the name of its key cannot be read'
            WHEN typeof(search_text) <> 'text' THEN 'its search text is no text'
        END) STORED,
            listed INTEGER GENERATED ALWAYS AS (damage IS NOT NULL OR discarded_at IS NULL) STORED,
            access_order INTEGER GENERATED ALWAYS AS (iif((typeof(access_expires_at) = 'integer' AND
                (access_expires_at BETWEEN -1125899906842624 AND 1125899906842624
                OR access_expires_at = -9223372036854775808 OR access_expires_at = 9223372036854775807)),
                access_expires_at, -9223372036854775808)) VIRTUAL,
            refresh_order INTEGER GENERATED ALWAYS AS (iif((typeof(refresh_expires_at) = 'integer' AND
                (refresh_expires_at BETWEEN -1125899906842624 AND 1125899906842624
                OR refresh_expires_at = -9223372036854775808 OR refresh_expires_at = 9223372036854775807)),
                refresh_expires_at, -9223372036854775808)) VIRTUAL,
            created_order INTEGER GENERATED ALWAYS AS (iif((typeof(created_at) = 'integer' AND
                (created_at BETWEEN -1125899906842624 AND 1125899906842624)), created_at,
                -1125899906842624)) VIRTUAL,
            renewed_order INTEGER GENERATED ALWAYS AS (iif((typeof(renewed_at) = 'integer' AND
                (renewed_at BETWEEN -1125899906842624 AND 1125899906842624
                OR renewed_at = -9223372036854775808)), renewed_at, -9223372036854775808)) VIRTUAL,
            label_order TEXT GENERATED ALWAYS AS (iif(typeof(label_sort) = 'text', label_sort, '')) VIRTUAL
        );
        CREATE INDEX session_by_access ON session (access_order, id) WHERE listed;
        CREATE INDEX session_by_refresh ON session (refresh_order, id) WHERE listed;
        CREATE INDEX session_by_created ON session (created_order, id) WHERE listed;
        CREATE INDEX session_by_renewed ON session (renewed_order, id) WHERE listed;
        -- Whole, because a label names a discarded session, too.
        CREATE INDEX session_by_label ON session (label_order, id);
        CREATE INDEX session_by_lease ON session (lease_deadline) WHERE lease_deadline IS NOT NULL;

        CREATE TABLE tokens (
            session BLOB NOT NULL PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
            access_sealed BLOB,
            access_fingerprint BLOB,
            access_expires_at INTEGER,
            access_visitor_id TEXT,
            refresh_sealed BLOB,
            refresh_fingerprint BLOB,
            refresh_expires_at INTEGER,
            refresh_role TEXT
        );
        CREATE INDEX tokens_by_access ON tokens (access_fingerprint) WHERE access_fingerprint IS NOT NULL;
        CREATE INDEX tokens_by_refresh ON tokens (refresh_fingerprint) WHERE refresh_fingerprint IS NOT NULL;

        -- Entries outlive their sessions, so they do not refer to them.
        CREATE TABLE journal (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            session BLOB NOT NULL,
            event TEXT NOT NULL,
            actor TEXT NOT NULL,
            outcome TEXT,
            request_id TEXT
        );
        CREATE INDEX journal_by_session ON journal (session, position);
        """
}

/// Version 3 adds a full-text index for filter words, and counts. Frozen. Triggers maintain both, whatever program
/// writes.
///
/// `class` says what a session's state depends on. A `timed` session's state follows from its access expiry, and later
/// its refresh expiry. A `lone` session has no refresh token, and an `odd` session's refresh token expires first.
/// `tally` counts the sessions of each class and key, and how many of their tokens expire in each time step.
///
/// `search` holds the trigrams of label, visitor ID and session ID (SQLite FTS5, "The Trigram Tokenizer"). `client`
/// holds each client ID once, because it would otherwise be in every row of the index. Matches of both are then checked
/// in the row.
extension Migrations {
    static let version3 = """
        ALTER TABLE session ADD COLUMN class TEXT GENERATED ALWAYS AS (
            CASE
                WHEN damage IS NOT NULL THEN 'damaged'
                WHEN discarded_at IS NOT NULL THEN 'discarded'
                WHEN lease_deadline IS NOT NULL THEN 'leased'
                WHEN sent_at IS NOT NULL THEN 'unresolved'
                WHEN refused_at IS NOT NULL THEN 'refused'
                WHEN refresh_expires_at = -9223372036854775808 THEN 'lone'
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
            SELECT 'access', class, key_id, session.access_order >> 14 AS step, count(*) FROM session
            WHERE class NOT IN ('damaged', 'discarded') GROUP BY class, key_id, step;
        INSERT INTO tally
            SELECT 'refresh', class, key_id, session.refresh_order >> 24 AS step, count(*) FROM session
            WHERE class = 'timed' GROUP BY class, key_id, step;
        CREATE TRIGGER tally_insert AFTER INSERT ON session BEGIN
            INSERT INTO tally SELECT 'session', new.class, new.key_id, 0, 0 + 1 WHERE TRUE
            ON CONFLICT DO UPDATE SET number = number + 1;
            INSERT INTO tally SELECT 'access', new.class, new.key_id, new.access_order >> 14, 0 + 1
                WHERE new.class NOT IN ('damaged', 'discarded')
            ON CONFLICT DO UPDATE SET number = number + 1;
            INSERT INTO tally SELECT 'refresh', new.class, new.key_id, new.refresh_order >> 24, 0 + 1
                WHERE new.class = 'timed'
            ON CONFLICT DO UPDATE SET number = number + 1;
        END;
        CREATE TRIGGER tally_delete AFTER DELETE ON session BEGIN
            INSERT INTO tally SELECT 'session', old.class, old.key_id, 0, 0 - 1 WHERE TRUE
            ON CONFLICT DO UPDATE SET number = number - 1;
            INSERT INTO tally SELECT 'access', old.class, old.key_id, old.access_order >> 14, 0 - 1
                WHERE old.class NOT IN ('damaged', 'discarded')
            ON CONFLICT DO UPDATE SET number = number - 1;
            INSERT INTO tally SELECT 'refresh', old.class, old.key_id, old.refresh_order >> 24, 0 - 1
                WHERE old.class = 'timed'
            ON CONFLICT DO UPDATE SET number = number - 1;
        END;
        CREATE TRIGGER tally_update AFTER UPDATE ON session
        WHEN old.class <> new.class OR old.key_id IS NOT new.key_id OR old.access_order <> new.access_order
            OR old.refresh_order <> new.refresh_order
        BEGIN
            INSERT INTO tally SELECT 'session', old.class, old.key_id, 0, 0 - 1 WHERE TRUE
            ON CONFLICT DO UPDATE SET number = number - 1;
            INSERT INTO tally SELECT 'access', old.class, old.key_id, old.access_order >> 14, 0 - 1
                WHERE old.class NOT IN ('damaged', 'discarded')
            ON CONFLICT DO UPDATE SET number = number - 1;
            INSERT INTO tally SELECT 'refresh', old.class, old.key_id, old.refresh_order >> 24, 0 - 1
                WHERE old.class = 'timed'
            ON CONFLICT DO UPDATE SET number = number - 1;
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

    /// Only if this system's SQLite has the index; otherwise filtering reads every row.
    static let version3Search = """
        CREATE TABLE client (text TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
        INSERT OR IGNORE INTO client SELECT CASE WHEN typeof(session.search_text) = 'text'
            THEN substr(session.search_text, coalesce(nullif(instr(session.search_text,
            substr(lower(hex(session.id)), 1, 8) || '-' || substr(lower(hex(session.id)), 9, 4) || '-'
            || substr(lower(hex(session.id)), 13, 4) || '-' || substr(lower(hex(session.id)), 17, 4) || '-'
            || substr(lower(hex(session.id)), 21, 12)), 0) + 35, length(session.search_text)) + 2)
            ELSE '' END FROM session;
        CREATE VIRTUAL TABLE search USING fts5(
            text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1');
        INSERT INTO search (search, rank) VALUES ('hashsize', 8388608);
        INSERT INTO search (rowid, text) SELECT rowid, CASE WHEN typeof(session.search_text) = 'text'
            THEN substr(session.search_text, 1, coalesce(nullif(instr(session.search_text,
            substr(lower(hex(session.id)), 1, 8) || '-' || substr(lower(hex(session.id)), 9, 4) || '-'
            || substr(lower(hex(session.id)), 13, 4) || '-' || substr(lower(hex(session.id)), 17, 4) || '-'
            || substr(lower(hex(session.id)), 21, 12)), 0) + 35, length(session.search_text)))
            ELSE '' END FROM session;
        CREATE TRIGGER search_insert AFTER INSERT ON session BEGIN
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
        CREATE TRIGGER search_delete AFTER DELETE ON session BEGIN
            INSERT INTO search (search, rowid, text) VALUES ('delete', old.rowid,
                CASE WHEN typeof(old.search_text) = 'text' THEN substr(old.search_text, 1,
                coalesce(nullif(instr(old.search_text, substr(lower(hex(old.id)), 1, 8) || '-'
                || substr(lower(hex(old.id)), 9, 4) || '-' || substr(lower(hex(old.id)), 13, 4) || '-'
                || substr(lower(hex(old.id)), 17, 4) || '-' || substr(lower(hex(old.id)), 21, 12)), 0) + 35,
                length(old.search_text))) ELSE '' END);
        END;
        CREATE TRIGGER search_update AFTER UPDATE OF search_text, id ON session
        WHEN old.search_text IS NOT new.search_text OR old.id <> new.id
        BEGIN
            INSERT INTO search (search, rowid, text) VALUES ('delete', old.rowid,
                CASE WHEN typeof(old.search_text) = 'text' THEN substr(old.search_text, 1,
                coalesce(nullif(instr(old.search_text, substr(lower(hex(old.id)), 1, 8) || '-'
                || substr(lower(hex(old.id)), 9, 4) || '-' || substr(lower(hex(old.id)), 13, 4) || '-'
                || substr(lower(hex(old.id)), 17, 4) || '-' || substr(lower(hex(old.id)), 21, 12)), 0) + 35,
                length(old.search_text))) ELSE '' END);
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
}

/// Version 7 gives tables and classes plain names. Frozen.
///
/// `tally` becomes `state_counts` and `chore` `maintenance_lock`. The class `lone` becomes `access_only`, and `odd`, whose
/// refresh token expires first, `refresh_first`. A generated column can't be changed, so `class` is replaced.
extension Migrations {
    /// - Parameter dropsColumns: Whether SQLite can drop a column (3.35 or later). Otherwise the old one stays, renamed and
    ///   unused.
    static func version7(dropsColumns: Bool) -> String {
        """
        DROP TRIGGER tally_insert;
        DROP TRIGGER tally_delete;
        DROP TRIGGER tally_update;
        DROP INDEX session_by_class;
        ALTER TABLE session \(dropsColumns ? "DROP COLUMN class" : "RENAME COLUMN class TO class_before_version_7");
        ALTER TABLE session ADD COLUMN class TEXT GENERATED ALWAYS AS (
            CASE
                WHEN damage IS NOT NULL THEN 'damaged'
                WHEN discarded_at IS NOT NULL THEN 'discarded'
                WHEN lease_deadline IS NOT NULL THEN 'leased'
                WHEN sent_at IS NOT NULL THEN 'unresolved'
                WHEN refused_at IS NOT NULL THEN 'refused'
                WHEN refresh_expires_at = -9223372036854775808 THEN 'access_only'
                WHEN refresh_expires_at < access_expires_at THEN 'refresh_first'
                ELSE 'timed'
            END) VIRTUAL;
        CREATE INDEX session_by_class ON session (class, access_order, id) WHERE class <> 'timed';

        ALTER TABLE chore RENAME TO maintenance_lock;
        ALTER TABLE tally RENAME TO state_counts;
        UPDATE state_counts SET class = 'access_only' WHERE class = 'lone';
        UPDATE state_counts SET class = 'refresh_first' WHERE class = 'odd';
        CREATE TRIGGER state_counts_insert AFTER INSERT ON session WHEN NOT EXISTS (SELECT 1 FROM bulk) BEGIN
        \(count("new", "+ 1"))
        END;
        CREATE TRIGGER state_counts_delete AFTER DELETE ON session BEGIN
        \(count("old", "- 1"))
        END;
        CREATE TRIGGER state_counts_update AFTER UPDATE ON session
        WHEN old.class <> new.class OR old.key_id IS NOT new.key_id OR old.access_order <> new.access_order
            OR old.refresh_order <> new.refresh_order
        BEGIN
        \(count("old", "- 1"))
        \(count("new", "+ 1"))
        END;
        """
    }

    private static func count(_ row: String, _ change: String) -> String {
        """
        INSERT INTO state_counts SELECT 'session', \(row).class, \(row).key_id, 0, 0 \(change) WHERE TRUE
        ON CONFLICT DO UPDATE SET number = number \(change);
        INSERT INTO state_counts SELECT 'access', \(row).class, \(row).key_id, \(row).access_order >> 14, 0 \(change)
            WHERE \(row).class NOT IN ('damaged', 'discarded')
        ON CONFLICT DO UPDATE SET number = number \(change);
        INSERT INTO state_counts SELECT 'refresh', \(row).class, \(row).key_id, \(row).refresh_order >> 24, 0 \(change)
            WHERE \(row).class = 'timed'
        ON CONFLICT DO UPDATE SET number = number \(change);
        """
    }
}
