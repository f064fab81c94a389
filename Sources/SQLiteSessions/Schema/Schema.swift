import Foundation
import GRDB
import VisitorSessions

/// The tables of a store, by version. `PRAGMA user_version` counts the migrations that a database has seen.
enum Schema {
    /// `Sess` in ASCII: how a database of ours is told from another application's.
    static let applicationID: Int32 = 0x5365_7373

    /// Only ever appended to.
    private static let migrations: [@Sendable (Database) throws -> Void] = [
        { try $0.execute(sql: SchemaVersion1.sql) },
        { try $0.execute(sql: SchemaVersion2.sql) },
        { try SchemaVersion3.apply($0) },
        { try SchemaVersion4.apply($0) },
        { try $0.execute(sql: SchemaVersion5.sql) },
    ]

    static var currentVersion: Int32 { Int32(migrations.count) }

    /// The version of an open database of ours. Throws where it is none, or newer than this program.
    static func version(_ db: Database, at url: URL) throws -> Int32 {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID else { throw foreign(url) }
        let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version > 0 else { throw foreign(url) }
        guard version <= currentVersion else { throw newer(url) }
        return version
    }

    /// Brings a database from `version` to the current one, in one transaction.
    static func migrate(_ db: Database, from version: Int32) throws {
        guard version < currentVersion else { return }
        try db.inTransaction(.immediate) {
            // Another process may have been faster.
            let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? version
            for migration in migrations.dropFirst(Int(version)) {
                try migration(db)
            }
            try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(currentVersion)")
            return .commit
        }
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
