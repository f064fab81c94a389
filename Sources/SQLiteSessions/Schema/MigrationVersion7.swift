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
