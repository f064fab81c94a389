import Foundation
import SessionSQL
import VisitorSessions

/// Opens the store in a database, and makes it first where there is none: every decision on whether a database is ours to
/// use is here. Of several first openers, on whichever hosts, one makes it and all open it.
struct StoreOpener {
    let connector: Connector
    let source: SealingKeySource
    let readOnly: Bool
    let makes: Bool

    private var address: PostgresAddress { connector.address }

    /// Returns the keys of the store. Blocks.
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
                .unusable, "\(address.name) does not hold text in UTF-8. Create a database with ENCODING 'UTF8'.")
        }
        let version = try Schema.version(db)
        guard version <= Schema.currentVersion else { throw Schema.newer(address) }
        if version < Schema.currentVersion {
            guard version > 0 || makes && !readOnly else { throw Schema.missing(address) }
            guard !readOnly else { throw Schema.older(address) }
            try migrate(version)
        }
        guard let keyID = try db.execute("SELECT \(db.dialect.keyID)").first?.bytes(0) else {
            throw StoreError(
                .unusable, "The store in \(address.name) does not say which key its tokens are sealed with.")
        }
        return try source.ring(sealingWith: keyID, at: address.name)
    }

    /// An index on a table that is large by now takes its time: it is waited for.
    private func migrate(_ version: Int) throws {
        var timeouts = connector.timeouts
        timeouts.statement = max(timeouts.statement, .seconds(3600))
        let db = try Connector(address, timeouts).connect()
        try Schema.migrate(db, timeouts: timeouts, at: address) { db in
            try db.record(keyID: source.existingOrNew().sealing.id)
        }
        // Of an empty table it takes no time. Later it would keep every writer waiting.
        if version == 0 { try Schema.indexWords(db) }
    }
}
