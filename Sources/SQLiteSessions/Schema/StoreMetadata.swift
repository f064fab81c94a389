import Foundation
import GRDB
import VisitorSessions

/// What a store says about itself, in its table `metadata`.
enum StoreMetadata {
    /// The ID of the key that the tokens are sealed with.
    static func keyID(_ db: Database, at url: URL) throws -> Data {
        let value = try DatabaseValue.fetchOne(db, sql: "SELECT value FROM metadata WHERE name = 'key_id'")
        guard case .blob(let keyID) = value?.storage else {
            throw StoreError(
                .unusable, "\(url.path) does not say which key its tokens are sealed with. Take back a copy of it.")
        }
        return keyID
    }

    static func record(keyID: Data, _ db: Database) throws {
        try db.execute(sql: "INSERT INTO metadata (name, value) VALUES ('key_id', ?)", arguments: [keyID])
    }
}

extension Data {
    /// Two digits a byte, lower case.
    var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
