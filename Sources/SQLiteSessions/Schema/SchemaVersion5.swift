/// What version 5 adds: readings of issuers' clocks, one for each start of a machine.
enum SchemaVersion5 {
    static let sql = """
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
}
