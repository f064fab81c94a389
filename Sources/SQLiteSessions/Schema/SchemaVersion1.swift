import VisitorSessions

/// The first version of the tables.
///
/// Times are ``Milliseconds``. The expiry of a token that is not there is the lowest number, and that of a token
/// which nobody has told the end of is the highest; a session that was never renewed has the lowest in
/// `renewed_at`. So the columns that lists are sorted by are never null, and compare as they are.
///
/// Tokens stand in a table of their own: lists read the narrow one, and never come near what is sealed.
///
/// The generated columns are the database's own judgement of a row, whoever has written it: `damage` says why it
/// cannot be read, `listed` whether lists show it unasked, and the `…_order` columns are sortable values even for
/// a damaged row.
enum SchemaVersion1 {
    static let sql = """
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
            damage TEXT GENERATED ALWAYS AS (\(damage)) STORED,
            listed INTEGER GENERATED ALWAYS AS (damage IS NOT NULL OR discarded_at IS NULL) STORED,
            access_order INTEGER GENERATED ALWAYS AS (\(expiry("access_expires_at"))) VIRTUAL,
            refresh_order INTEGER GENERATED ALWAYS AS (\(expiry("refresh_expires_at"))) VIRTUAL,
            created_order INTEGER GENERATED ALWAYS AS (\(order("created_at", otherwise: Milliseconds.range.lowerBound))) VIRTUAL,
            renewed_order INTEGER GENERATED ALWAYS AS (\(order("renewed_at", or: [lowest], otherwise: lowest))) VIRTUAL,
            label_order TEXT GENERATED ALWAYS AS (iif(typeof(label_sort) = 'text', label_sort, '')) VIRTUAL
        );
        CREATE INDEX session_by_access ON session (access_order, id) WHERE listed;
        CREATE INDEX session_by_refresh ON session (refresh_order, id) WHERE listed;
        CREATE INDEX session_by_created ON session (created_order, id) WHERE listed;
        CREATE INDEX session_by_renewed ON session (renewed_order, id) WHERE listed;
        -- Whole, because a label names a session that is put away, too.
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

    private static let damage = """
        CASE
            WHEN typeof(label) <> 'text' OR typeof(label_sort) <> 'text' THEN 'its label is no text'
            WHEN typeof(client_id) <> 'text' THEN 'its client ID is no text'
            WHEN typeof(visitor_id) NOT IN ('text', 'null') THEN 'its visitor ID is no text'
            WHEN typeof(role) <> 'text' OR role NOT IN ('visitor', 'member', 'none') THEN 'its role is unknown'
            WHEN NOT \(isTime("access_expires_at", or: [lowest, highest])) THEN 'its access expiry is no time'
            WHEN NOT \(isTime("refresh_expires_at", or: [lowest, highest])) THEN 'its refresh expiry is no time'
            WHEN NOT \(isTime("created_at")) OR NOT \(isTime("tokens_at")) OR NOT \(isTime("renewed_at", or: [lowest]))
                THEN 'one of its times is no time'
            WHEN NOT \(isTimeOrNull("sent_at")) OR NOT \(isTimeOrNull("refused_at"))
                OR NOT \(isTimeOrNull("discarded_at")) THEN 'one of its times is no time'
            WHEN typeof(lease_holder) NOT IN ('text', 'null') OR NOT \(isTimeOrNull("lease_deadline"))
                OR (lease_holder IS NULL) <> (lease_deadline IS NULL) THEN 'its lease cannot be read'
            WHEN typeof(renewal_count) <> 'integer' OR renewal_count < 0 OR typeof(version) <> 'integer'
                THEN 'one of its counts is no count'
            WHEN typeof(auto_renew) <> 'integer' OR auto_renew NOT IN (0, 1) THEN 'its auto-renewal is unknown'
            WHEN typeof(key_id) <> 'blob' OR length(key_id) <> 8 THEN 'the name of its key cannot be read'
            WHEN typeof(search_text) <> 'text' THEN 'its search text is no text'
        END
        """

    private static let lowest = Milliseconds.lowest
    private static let highest = Milliseconds.highest

    private static func isTime(_ column: String, or others: [Int64] = []) -> String {
        let range = Milliseconds.range
        let isInRange = "\(column) BETWEEN \(range.lowerBound) AND \(range.upperBound)"
        let alternatives = ([isInRange] + others.map { "\(column) = \($0)" }).joined(separator: " OR ")
        return "(typeof(\(column)) = 'integer' AND (\(alternatives)))"
    }

    private static func isTimeOrNull(_ column: String) -> String {
        "(\(column) IS NULL OR \(isTime(column)))"
    }

    private static func expiry(_ column: String) -> String {
        order(column, or: [lowest, highest], otherwise: lowest)
    }

    private static func order(_ column: String, or others: [Int64] = [], otherwise fallback: Int64) -> String {
        "iif(\(isTime(column, or: others)), \(column), \(fallback))"
    }
}
