import Foundation
package import VisitorSessions

/// What the shared statements need from a store: its database, keys and clock.
public struct SQLSessions: Sendable {
    package let database: any SQLDatabase
    package let keys: StoreKeys
    package let clock: StoreClock
    private let signal: ChangeSignal

    /// Identifies this store's writes in notifications.
    package let writer = SessionID().description

    /// - Parameter signal: Sent after each write.
    package init(_ database: any SQLDatabase, keys: StoreKeys, clock: StoreClock, signal: ChangeSignal) {
        self.database = database
        self.keys = keys
        self.clock = clock
        self.signal = signal
    }

    /// Maps the rows of one statement, whose last column is the current key's ID. If that isn't the key the statement was
    /// built with, keys have been rotated: it runs again with the new one.
    package func select<Value: Sendable>(
        _ query: @escaping @Sendable (TokenSeal) -> SQLText,
        read: @escaping @Sendable (any SQLRow, TokenSeal) throws -> Value?
    ) async throws(StoreError) -> [Value] {
        var seal = keys.seal
        while true {
            let known = seal
            let (values, named): ([Value], Data?) = try await database.query { db in
                var named: Data?
                let values = try db.rows(query(known)) { row -> Value? in
                    if named == nil { named = row.bytes(row.count - 1) ?? known.keyID }
                    return named == known.keyID ? try read(row, known) : nil
                }
                return (values, named == known.keyID ? nil : named)
            }
            guard let named else { return values }
            seal = try keys.seal(naming: named)
        }
    }

    package func sessions(
        _ query: @escaping @Sendable (TokenSeal) -> SQLText
    ) async throws(StoreError) -> [VisitorSession] {
        let dialect = database.dialect
        return try await select(query) { row, seal in seal.rows(dialect).session(row) }
    }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (SessionWrite) throws -> Value
    ) async throws(StoreError) -> Value {
        let (keys, clock, writer) = (keys, clock, writer)
        let value = try await database.transaction { db in
            try body(SessionWrite(db, keys: keys, clock: clock, writer: writer))
        }
        signal.send()
        return value
    }
}
