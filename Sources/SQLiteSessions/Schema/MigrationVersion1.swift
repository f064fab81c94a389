/// The first version of the tables. Frozen.
///
/// Times are whole milliseconds since 1970, within 2^50 of it. A missing token's expiry is the lowest number and an
/// unknown expiry the highest; `renewed_at` is the lowest for a session that was never renewed. So the sorted columns
/// are never null.
///
/// Tokens have a table of their own: lists read the narrow one and never touch sealed values.
///
/// Generated columns judge a row, whatever wrote it: `damage` says why it can't be read, `listed` whether lists show it
/// by default, and the `…_order` columns are sortable even for a damaged row.
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
