/// Readings of issuers' clocks, one for each start of a machine.
enum SchemaVersion3 {
    static let statements = [
        """
        CREATE TABLE session_inspector.issuer_clock (
            issuer text NOT NULL, boot_id text NOT NULL, uptime bigint NOT NULL, issuer_time bigint NOT NULL,
            stored_at bigint NOT NULL, PRIMARY KEY (issuer, boot_id)
        )
        """,
        "CREATE INDEX issuer_clock_by_time ON session_inspector.issuer_clock (issuer, stored_at)",
    ]
}
