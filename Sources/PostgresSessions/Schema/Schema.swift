import Foundation
import SessionSQL
import VisitorSessions

/// The version of a store's tables. One row counts the applied migrations; its lock lets one host at a time migrate.
enum Schema {
    static var currentVersion: Int { Migrations.all.count }

    /// The version of the tables. 0: none, or another process is creating them.
    static func version(_ db: PostgresConnection) throws -> Int {
        guard try db.execute("SELECT to_regclass('session_inspector.version') IS NOT NULL").first?.truth(0) == true
        else { return 0 }
        return try db.execute("SELECT number FROM session_inspector.version").first?.number(0).map(Int.init) ?? 0
    }

    /// Migrates to the current version in one transaction, which calls `whenNew` if there were no tables.
    static func migrate(
        _ db: PostgresConnection, timeouts: PostgresTimeouts, at address: PostgresAddress,
        whenNew: (PostgresConnection) throws -> Void
    ) throws {
        let transaction = Transaction(timeouts: timeouts)
        try createVersionTable(db, transaction)
        try transaction.run(on: db) { db in
            let row = try db.execute("SELECT number FROM session_inspector.version FOR UPDATE").first
            let version = row?.number(0).map(Int.init) ?? 0
            guard version <= currentVersion else { throw newer(address) }
            for statement in Migrations.all.dropFirst(version).flatMap(\.self) {
                try db.execute("\(raw: statement)")
            }
            if version == 0 { try whenNew(db) }
            try db.execute("UPDATE session_inspector.version SET number = \(currentVersion)")
        }
    }

    /// Retries, because concurrent `IF NOT EXISTS` statements can still conflict.
    private static func createVersionTable(_ db: PostgresConnection, _ transaction: Transaction) throws {
        var conflicts = 0
        while true {
            do {
                return try transaction.run(on: db) { db in
                    guard
                        try db.execute("SELECT to_regclass('session_inspector.version') IS NULL").first?.truth(0)
                            == true
                    else { return }
                    // `IF NOT EXISTS` requires the CREATE privilege even if the schema exists.
                    if try db.execute("SELECT to_regnamespace('session_inspector') IS NULL").first?.truth(0) == true {
                        try db.execute("CREATE SCHEMA IF NOT EXISTS session_inspector")
                    }
                    try db.execute(
                        """
                        CREATE TABLE IF NOT EXISTS session_inspector.version (
                            one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL)
                        """)
                    try db.execute(
                        "INSERT INTO session_inspector.version (number) VALUES (0) ON CONFLICT DO NOTHING")
                }
            } catch let failure as PostgresFailure where failure.sqlState == "23505" && conflicts < 20 {
                conflicts += 1
            }
        }
    }

    /// Creates the index for filter words if the server has trigrams and permits them. Without it, filtering reads the
    /// table.
    static func indexWords(_ db: PostgresConnection) throws {
        let exists = try db.execute("SELECT to_regclass('session_inspector.session_by_words') IS NOT NULL")
        guard exists.first?.truth(0) == false else { return }
        do throws(PostgresFailure) {
            try db.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            let place = try db.execute(
                """
                SELECT quote_ident(nspname)::text FROM pg_opclass JOIN pg_namespace ON pg_namespace.oid = opcnamespace
                WHERE opcname = 'gin_trgm_ops'
                """
            ).first?.text(0)
            guard let place else { return }
            try db.execute(
                """
                CREATE INDEX IF NOT EXISTS session_by_words
                ON session_inspector.session USING gin (search_text \(raw: place).gin_trgm_ops)
                """)
        } catch {
            guard !error.isConnectionLost else { throw error }
            // Unavailable, not permitted, or being created by another process.
        }
    }

    static func newer(_ address: PostgresAddress) -> StoreError {
        StoreError(
            .unusable,
            "The store in \(address.name) is from a newer version of session-inspector. Update session-inspector.")
    }

    static func older(_ address: PostgresAddress) -> StoreError {
        StoreError(
            .readOnly,
            "The store in \(address.name) is from an older version of session-inspector. Open it once for writing to "
                + "migrate it.")
    }

    static func missing(_ address: PostgresAddress) -> StoreError {
        StoreError(
            .unusable, "There is no store in \(address.name) yet. Generate a session or set tokens to create one.")
    }
}

/// Opens a database's store, creating it if it is missing. Decides whether a database may be used. If several hosts
/// open it first, one creates it and all open it.
struct StoreOpener {
    let connector: Connector
    let source: SealingKeySource
    let readOnly: Bool
    let createsStore: Bool

    private var address: PostgresAddress { connector.address }

    func open() throws(StoreError) -> SealingKeyRing {
        do {
            return try open(connector.connect())
        } catch {
            throw StoreError(postgres: error, at: address)
        }
    }

    private func open(_ db: PostgresConnection) throws -> SealingKeyRing {
        guard try db.execute("SELECT current_setting('server_encoding')").first?.text(0) == "UTF8" else {
            throw StoreError(
                .unusable, "\(address.name) doesn't use UTF-8. Create a database with ENCODING 'UTF8'.")
        }
        let version = try Schema.version(db)
        guard version <= Schema.currentVersion else { throw Schema.newer(address) }
        if version < Schema.currentVersion {
            guard version > 0 || createsStore && !readOnly else { throw Schema.missing(address) }
            guard !readOnly else { throw Schema.older(address) }
            try migrate(version)
        }
        guard let keyID = try db.execute("SELECT \(db.dialect.keyID)").first?.bytes(0) else {
            throw StoreError(
                .unusable,
                "The store in \(address.name) doesn't record which key sealed its tokens. Restore a backup.")
        }
        return try source.ring(sealingWith: keyID, at: address.name)
    }

    /// Indexing a large table takes time, so this waits longer.
    private func migrate(_ version: Int) throws {
        var timeouts = connector.timeouts
        timeouts.statement = max(timeouts.statement, .seconds(3600))
        let db = try Connector(address, timeouts).connect()
        try Schema.migrate(db, timeouts: timeouts, at: address) { db in
            try db.record(keyID: source.existingOrCreated().sealing.id)
        }
        // Only while the table is empty: later it would block writers.
        if version == 0 { try Schema.indexWords(db) }
    }
}
