/// What version 2 adds: issuers and failed renewals of sessions, fingerprints in the journal, request budgets and
/// chores.
///
/// The judgement in `damage` stays as version 1 made it. What the new columns of a session may hold is checked when
/// it is written, and what is unreadable all the same counts as not known: a session is good without.
enum SchemaVersion2 {
    static let sql = """
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
}
