/// Version 3 adds a full-text index for filter words, and counts. Frozen. Triggers maintain both, whatever writes.
///
/// `class` says what a session's state depends on. A `timed` session's follows from its access expiry, and later its
/// refresh expiry; a `lone` one has no refresh token, and an `odd` one's refresh token expires first. `tally` counts
/// the sessions of each class and key, and how many of their tokens expire in each time step.
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
