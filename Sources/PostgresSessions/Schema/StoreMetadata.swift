import Foundation

/// What a store says about itself, in its table `metadata`.
enum StoreMetadata {
    /// The ID of the key that seals, as a column of a query. NULL where it has been damaged.
    static let keyID: SQL = "(SELECT value FROM session_inspector.metadata WHERE name = 'key_id')"

    static func record(keyID: Data, _ db: PostgresConnection) throws {
        try db.execute(
            """
            INSERT INTO session_inspector.metadata (name, value) VALUES ('key_id', \(keyID))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
    }
}
