import Foundation
import GRDB
import VisitorSessions

/// What a store says about itself, in its table `metadata`.
enum StoreMetadata {
    /// The ID of the key that the tokens are sealed with.
    static func keyID(_ db: Database, at url: URL) throws -> Data {
        guard let keyID = try keyID(db) else {
            throw StoreError(
                .unusable, "\(url.path) does not say which key its tokens are sealed with. Take back a copy of it.")
        }
        return keyID
    }

    /// The same of a store that is open: `nil` where it has been damaged since.
    static func keyID(_ db: Database) throws -> Data? {
        try db.first("SELECT value FROM metadata WHERE name = 'key_id'", []) { row in
            guard case .blob(let keyID) = (row[0] as DatabaseValue).storage else { return nil }
            return keyID
        }
    }

    static func record(keyID: Data, _ db: Database) throws {
        try db.run("INSERT OR REPLACE INTO metadata (name, value) VALUES ('key_id', \(keyID))")
    }
}
