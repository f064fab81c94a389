import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// The version of a store's tables: which a store has, and how it gets to the current one.
enum Schema {
    /// `Sess` in ASCII: how a database of ours is told from another application's.
    static let applicationID: Int32 = 0x5365_7373

    static let currentVersion = Migrations.currentVersion

    /// The version of an open database of ours. Throws if it is none, or newer than this program.
    static func version(_ db: Database, at url: URL) throws -> Int32 {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID else { throw foreign(url) }
        let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version > 0 else { throw foreign(url) }
        guard version <= currentVersion else { throw newer(url) }
        return version
    }

    /// Brings a database from `version` to the current one.
    static func migrate(_ queue: DatabaseQueue, from version: Int32) throws {
        var version = version
        while version < currentVersion {
            do {
                try queue.inDatabase(markApplied)
                return try Migrations.migrator.migrate(queue)
            } catch let error as DatabaseError {
                // Another process may have been faster: then its migration is applied, and this one was undone.
                let reached = try queue.inDatabase { try Int32.fetchOne($0, sql: "PRAGMA user_version") } ?? version
                guard reached > version else { throw error }
                version = reached
            }
        }
    }

    /// Tells the migrator what earlier versions have applied, which knew the version alone.
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

    /// The ID of the key that the tokens are sealed with.
    static func keyID(_ db: Database, at url: URL) throws -> Data {
        guard let keyID = try db.keyID() else {
            throw StoreError(
                .unusable, "\(url.path) does not say which key its tokens are sealed with. Take back a copy of it.")
        }
        return keyID
    }

    static func foreign(_ url: URL) -> StoreError {
        StoreError(.unusable, "\(url.path) is a database of another program. It is left as it is; name another file.")
    }

    static func older(_ url: URL) -> StoreError {
        StoreError(
            .readOnly,
            "The store \(url.path) was made by an older version of session-inspector. Open it once for writing, "
                + "which brings it up to date.")
    }

    static func newer(_ url: URL) -> StoreError {
        StoreError(
            .unusable, "The store \(url.path) was made by a newer version of session-inspector. Update this one.")
    }
}
