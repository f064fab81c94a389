/// The migrations of a store's tables, each frozen as SQL. Append only.
///
/// The tables have a schema of their own, and every statement names it: the search path doesn't matter.
///
/// Times are whole milliseconds since 1970. A missing token's expiry is the lowest number and an unknown expiry the
/// highest; `renewed_at` is the lowest for a session that was never renewed. So the sorted columns are never null.
///
/// Tokens have a table of their own: lists read the narrow one and never touch sealed values.
enum Migrations {
    static let all = [
        version1, version2, version3, version4, version5, version6, version7, version8, version9, version10,
    ]

    private static let version1 = [
        "CREATE TABLE session_inspector.metadata (name text PRIMARY KEY, value bytea NOT NULL)",
        """
        CREATE TABLE session_inspector.session (
            id uuid PRIMARY KEY,
            label text NOT NULL,
            client_id text NOT NULL,
            visitor_id text,
            issuer text,
            role text NOT NULL CHECK (role IN ('visitor', 'member', 'none')),
            access_expires_at bigint NOT NULL,
            refresh_expires_at bigint NOT NULL,
            created_at bigint NOT NULL,
            tokens_at bigint NOT NULL,
            renewed_at bigint NOT NULL,
            renewal_count bigint NOT NULL CHECK (renewal_count >= 0),
            auto_renew boolean NOT NULL,
            lease_holder text,
            lease_deadline bigint,
            sent_at bigint,
            refused_at bigint,
            failures bigint NOT NULL CHECK (failures >= 0),
            retry_at bigint,
            discarded_at bigint,
            version bigint NOT NULL,
            key_id bytea NOT NULL CHECK (length(key_id) = 8),
            label_sort text COLLATE "C" NOT NULL,
            search_text text COLLATE "C" NOT NULL,
            CHECK ((lease_holder IS NULL) = (lease_deadline IS NULL))
        )
        """,
        index("session_by_access", "session (access_expires_at, id) WHERE discarded_at IS NULL"),
        index("session_by_refresh", "session (refresh_expires_at, id) WHERE discarded_at IS NULL"),
        index("session_by_created", "session (created_at, id) WHERE discarded_at IS NULL"),
        index("session_by_renewed", "session (renewed_at, id) WHERE discarded_at IS NULL"),
        // Includes discarded sessions, which can be referenced by label. A prefix, because an index can't hold long
        // values.
        index("session_by_label", "session (left(label_sort, 200), id)"),
        index("session_by_lease", "session (lease_deadline) WHERE lease_deadline IS NOT NULL"),
        index("session_by_auto_renewal", "session (access_expires_at, id) WHERE discarded_at IS NULL AND auto_renew"),
        index("session_by_discard", "session (discarded_at) WHERE discarded_at IS NOT NULL"),
        index("session_by_key", "session (key_id)"),
        """
        CREATE TABLE session_inspector.tokens (
            session uuid PRIMARY KEY REFERENCES session_inspector.session (id) ON DELETE CASCADE,
            in_use boolean NOT NULL,
            access_sealed bytea,
            access_fingerprint bytea,
            access_expires_at bigint,
            access_visitor_id text,
            refresh_sealed bytea,
            refresh_fingerprint bytea,
            refresh_expires_at bigint,
            refresh_role text
        )
        """,
        index("tokens_by_access", "tokens (access_fingerprint) WHERE access_fingerprint IS NOT NULL"),
        index("tokens_by_refresh", "tokens (refresh_fingerprint) WHERE refresh_fingerprint IS NOT NULL"),
        // Two sessions in use never hold the same refresh token, even with concurrent writes.
        """
        CREATE UNIQUE INDEX tokens_in_use ON session_inspector.tokens (refresh_fingerprint)
        WHERE in_use AND refresh_fingerprint IS NOT NULL
        """,
        // Entries outlive their sessions, so they don't reference them.
        """
        CREATE TABLE session_inspector.journal (
            position bigint PRIMARY KEY,
            at bigint NOT NULL,
            session uuid NOT NULL,
            event text NOT NULL,
            actor text NOT NULL,
            outcome text,
            request_id text,
            fingerprint bytea
        )
        """,
        index("journal_by_session", "journal (session, position)"),
        index("journal_by_fingerprint", "journal (fingerprint, session) WHERE fingerprint IS NOT NULL"),
        // One row, the journal's head, which every write updates just before it commits: entries become visible in the
        // order of their positions, and polling it detects changes. A low fill factor lets updates reuse the page.
        """
        CREATE TABLE session_inspector.pulse (
            one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL, writes bigint NOT NULL
        ) WITH (fillfactor = 10)
        """,
        "INSERT INTO session_inspector.pulse (position, writes) VALUES (0, 0)",
        // A client's theoretical arrival time (GCRA).
        "CREATE TABLE session_inspector.budget (client_id text PRIMARY KEY, arrival bigint NOT NULL)",
        index("budget_by_arrival", "budget (arrival)"),
        "CREATE TABLE session_inspector.chore (name text PRIMARY KEY, holder text NOT NULL, deadline bigint NOT NULL)",
    ]

    /// Indexes for frequent queries with few matches.
    private static let version2 = [
        // The label index doesn't sort long labels with the same prefix.
        """
        CREATE INDEX session_by_long_label ON session_inspector.session (left(label_sort, 200), id)
        WHERE length(label_sort) > 200
        """,
        "CREATE INDEX session_by_sending ON session_inspector.session (sent_at) WHERE sent_at IS NOT NULL",
        "CREATE INDEX session_by_refusal ON session_inspector.session (refused_at) WHERE refused_at IS NOT NULL",
    ]

    /// Readings of issuers' clocks, one per boot of a machine.
    private static let version3 = [
        """
        CREATE TABLE session_inspector.issuer_clock (
            issuer text NOT NULL, boot_id text NOT NULL, uptime bigint NOT NULL, issuer_time bigint NOT NULL,
            stored_at bigint NOT NULL, PRIMARY KEY (issuer, boot_id)
        )
        """,
        "CREATE INDEX issuer_clock_by_time ON session_inspector.issuer_clock (issuer, stored_at)",
    ]

    /// Text is stored unescaped. Until this version, U+0000 was stored as U+0001 U+0001, and U+0001 as U+0001 U+0002.
    private static let version4 = [
        decoding(["label", "label_sort", "search_text", "client_id", "visitor_id", "issuer"], of: "session"),
        decoding(["access_visitor_id"], of: "tokens"),
        // These rows are recreated when needed.
        "DELETE FROM session_inspector.budget WHERE position(chr(1) IN client_id) > 0",
        "DELETE FROM session_inspector.issuer_clock WHERE position(chr(1) IN issuer) > 0",
    ]

    /// Plain names for two tables and their constraints.
    private static let version5 = [
        "ALTER TABLE session_inspector.pulse RENAME TO journal_head",
        "ALTER TABLE session_inspector.journal_head RENAME CONSTRAINT pulse_pkey TO journal_head_pkey",
        "ALTER TABLE session_inspector.journal_head RENAME CONSTRAINT pulse_one_check TO journal_head_one_check",
        "ALTER TABLE session_inspector.chore RENAME TO maintenance_lock",
        "ALTER TABLE session_inspector.maintenance_lock RENAME CONSTRAINT chore_pkey TO maintenance_lock_pkey",
    ]

    /// Requests of running applications. Rows outlive their sessions until the next purge, so they don't refer to them.
    private static let version6 = [
        "ALTER TABLE session_inspector.journal_head ADD COLUMN requests bigint NOT NULL DEFAULT 0",
        // A run or browser tab. Its sessions are live until its deadline.
        """
        CREATE TABLE session_inspector.live_source (
            id text PRIMARY KEY, kind text NOT NULL, label text NOT NULL, search_text text COLLATE "C" NOT NULL,
            deadline bigint NOT NULL
        )
        """,
        // The times of the first byte and of the end are milliseconds since the request was sent.
        """
        CREATE TABLE session_inspector.request (
            position bigint PRIMARY KEY,
            session uuid NOT NULL,
            source text NOT NULL,
            stored_at bigint NOT NULL,
            at bigint NOT NULL,
            process bigint,
            method text NOT NULL,
            path text NOT NULL,
            status bigint,
            failure text,
            first_byte bigint,
            duration bigint NOT NULL,
            bytes bigint NOT NULL,
            request_id text,
            grant_type text,
            flags bigint NOT NULL,
            fingerprint bytea
        )
        """,
        index("request_by_session", "request (session, position)"),
        index("request_by_time", "request (stored_at)"),
        // One row for each session that has requests.
        """
        CREATE TABLE session_inspector.live_session (
            session uuid PRIMARY KEY,
            source text NOT NULL,
            process bigint,
            requests bigint NOT NULL,
            last_position bigint NOT NULL,
            last_at bigint NOT NULL,
            last_status bigint,
            last_failure text
        )
        """,
        index("live_session_by_position", "live_session (last_position)"),
    ]

    /// Where applications keep tokens.
    private static let version7 = [
        """
        CREATE TABLE session_inspector.place (
            origin text COLLATE "C", kind text COLLATE "C", name text COLLATE "C", attributes text NOT NULL,
            form text NOT NULL, PRIMARY KEY (origin, kind, name)
        )
        """
    ]

    /// Which sessions' tokens are substituted in running applications.
    private static let version8 = [
        "CREATE TABLE session_inspector.substitution (session uuid PRIMARY KEY, target uuid NOT NULL)"
    ]

    /// The tokens that `set` last replaced.
    private static let version9 = ["ALTER TABLE session_inspector.tokens ADD COLUMN replaced_sealed bytea"]

    /// How long the issuer took, in milliseconds.
    private static let version10 = ["ALTER TABLE session_inspector.journal ADD COLUMN duration bigint"]

    private static func index(_ name: String, _ place: String) -> String {
        "CREATE INDEX \(name) ON session_inspector.\(place)"
    }

    private static func decoding(_ columns: [String], of table: String) -> String {
        let decoded = columns.map { column in
            "\(column) = replace(replace(\(column), chr(1) || chr(1), chr(65533)), chr(1) || chr(2), chr(1))"
        }
        let isEncoded = columns.map { "position(chr(1) IN \($0)) > 0" }
        return """
            UPDATE session_inspector.\(table) SET \(decoded.joined(separator: ", "))
            WHERE \(isEncoded.joined(separator: " OR "))
            """
    }
}
