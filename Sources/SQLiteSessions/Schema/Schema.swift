import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// The version of a store's tables.
enum Schema {
    /// `Sess` in ASCII: identifies our databases.
    static let applicationID: Int32 = 0x5365_7373

    static let currentVersion = Migrations.currentVersion

    /// The version of an open database. Throws if it isn't a store, or is newer than this program.
    static func version(_ db: Database, at url: URL) throws -> Int32 {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID else { throw foreign(url) }
        let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version > 0 else { throw foreign(url) }
        guard version <= currentVersion else { throw newer(url) }
        return version
    }

    /// Migrates a database from `version` to the current one.
    static func migrate(_ queue: DatabaseQueue, from version: Int32) throws {
        var version = version
        while version < currentVersion {
            do {
                try queue.inDatabase(markApplied)
                return try Migrations.migrator.migrate(queue)
            } catch let error as DatabaseError {
                // Another process may have migrated it first, so that this attempt was rolled back.
                let reached = try queue.inDatabase { try Int32.fetchOne($0, sql: "PRAGMA user_version") } ?? version
                guard reached > version else { throw error }
                version = reached
            }
        }
    }

    /// Records applied migrations for GRDB: earlier program versions stored only the version number.
    private static func markApplied(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            try db.execute(sql: "CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            for number in 1..<(version + 1) {
                try db.execute(sql: "INSERT OR IGNORE INTO grdb_migrations VALUES ('\(number)')")
            }
            return .commit
        }
    }

    static func keyID(_ db: Database, at url: URL) throws -> Data {
        guard let keyID = try db.keyID() else {
            throw StoreError(
                .unusable, "\(url.path) doesn't record which key sealed its tokens. Restore a backup.")
        }
        return keyID
    }

    static func foreign(_ url: URL) -> StoreError {
        StoreError(.unusable, "\(url.path) is another program's database. It wasn't changed; choose another file.")
    }

    static func older(_ url: URL) -> StoreError {
        StoreError(
            .readOnly,
            "The store \(url.path) is from an older version of session-inspector. Open it once for writing to migrate it."
        )
    }

    static func newer(_ url: URL) -> StoreError {
        StoreError(
            .unusable,
            "The store \(url.path) is from a newer version of session-inspector. Update session-inspector.")
    }
}
