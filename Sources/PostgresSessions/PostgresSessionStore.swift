public import Foundation
import Synchronization
public import VisitorSessions

/// Sessions in a PostgreSQL database, that any number of processes on any number of hosts share.
///
/// Dates are kept in whole milliseconds. Leases, budgets and grace periods are judged by the server's clock. The tokens are
/// sealed with the key whose ID the database records: every host has the same one, most often from
/// `SESSION_INSPECTOR_KEY`. A pooler in transaction mode may stand between; it carries no notifications, and other hosts'
/// changes are then looked for twice a second.
public final class PostgresSessionStore: SessionBrowser, StoreMaintenance {
    let database: PostgresDatabase
    let keys: StoreKeys
    let clock: StoreClock

    /// By what other stores tell this one's writes from their own.
    let writer = SessionID().description

    private let connector: Connector
    private let signal = ChangeSignal()
    private let watch: Mutex<ChangeWatch?> = Mutex(nil)

    /// Opens the store at `address`, and makes its tables and its key first where the database has none. Blocks until the
    /// server has answered, at most for the time-outs.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` where the key that seals the store is not the one in `key`,
    /// ``StoreError/Kind-swift.enum/configuration`` where the server does not let this user in,
    /// ``StoreError/Kind-swift.enum/unusable`` where the database is not there or holds the store of a newer version, and
    /// ``StoreError/Kind-swift.enum/unavailable`` where the server does not answer. In each case nothing is written.
    ///
    /// - Parameters:
    ///   - makes: Whether a store that is not there is made; otherwise it is an error, too.
    ///   - connections: How many connections it makes at most, one for notifications not counted.
    ///   - now: The clock by which leases and budgets are judged. `nil`: the server's.
    public static func open(
        at address: PostgresAddress, key: SealingKeySource, readOnly: Bool = false, makes: Bool = true,
        connections: Int = 4, timeouts: PostgresTimeouts = PostgresTimeouts(), now: (@Sendable () -> Date)? = nil
    ) throws(StoreError) -> PostgresSessionStore {
        let connector = Connector(address, timeouts)
        let ring = try StoreOpener(connector: connector, source: key, readOnly: readOnly, makes: makes).open()
        return PostgresSessionStore(
            connector, PostgresDatabase(connector, connections: connections, isReadOnly: readOnly),
            StoreKeys(ring, source: key, place: address.name), StoreClock(given: now))
    }

    private init(_ connector: Connector, _ database: PostgresDatabase, _ keys: StoreKeys, _ clock: StoreClock) {
        self.connector = connector
        self.database = database
        self.keys = keys
        self.clock = clock
    }

    public var name: String { connector.address.name }

    /// Whether it was opened for reading only.
    public var isReadOnly: Bool { database.isReadOnly }

    public func changes() -> AsyncStream<Void> {
        signal.subscribe(
            whenFirst: { [weak self] in self?.startWatching() },
            whenLast: { [weak self] in self?.watch.withLock { $0 = nil } })
    }

    /// Tells this store's own subscribers of its own write.
    func announceChange() {
        signal.send()
    }

    private func startWatching() {
        watch.withLock { watch in
            watch = ChangeWatch(connector, ignoring: writer) { [weak self] in self?.signal.send() }
        }
    }
}
