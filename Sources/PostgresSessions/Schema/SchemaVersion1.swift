/// The tables of a store in PostgreSQL. They stand in a schema of their own, beside whatever else the database holds, and
/// every statement names it: nothing depends on a connection's search path.
///
/// Times are ``Milliseconds``. The expiry of a token that is not there is the lowest number, and that of a token which
/// nobody has told the end of is the highest; a session that was never renewed has the lowest in `renewed_at`. So the
/// columns that lists are sorted by are never null, and compare as they are.
///
/// Tokens stand in a table of their own: lists read the narrow one, and never come near what is sealed.
enum SchemaVersion1 {
    static let statements = [
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
        // Whole, because a label names a session that is put away, too. Cut, because an index takes no long values.
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
        // Two sessions in use never hold one refresh token, whoever writes at the same time.
        """
        CREATE UNIQUE INDEX tokens_in_use ON session_inspector.tokens (refresh_fingerprint)
        WHERE in_use AND refresh_fingerprint IS NOT NULL
        """,
        // Entries outlive their sessions, so they do not refer to them.
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
        // One row, which every write moves on just before it commits: so positions appear in their order, and who polls
        // sees with one look whether anything has changed. Room on its page keeps its old versions from piling up.
        """
        CREATE TABLE session_inspector.pulse (
            one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL, writes bigint NOT NULL
        ) WITH (fillfactor = 10)
        """,
        "INSERT INTO session_inspector.pulse (position, writes) VALUES (0, 0)",
        // When a client's next request would come at an even pace.
        "CREATE TABLE session_inspector.budget (client_id text PRIMARY KEY, arrival bigint NOT NULL)",
        index("budget_by_arrival", "budget (arrival)"),
        "CREATE TABLE session_inspector.chore (name text PRIMARY KEY, holder text NOT NULL, deadline bigint NOT NULL)",
    ]

    private static func index(_ name: String, _ place: String) -> String {
        "CREATE INDEX \(name) ON session_inspector.\(place)"
    }
}
