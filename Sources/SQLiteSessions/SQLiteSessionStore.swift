public import Foundation
import Synchronization
public import VisitorSessions

/// Sessions in an SQLite database, that any number of processes of one host share.
///
/// Dates are kept in whole milliseconds. Leases are judged by this host's wall clock. The tokens are sealed with
/// the key whose ID the database records; while keys rotate, older ones open what has not been sealed anew.
public final class SQLiteSessionStore: SessionBrowser, StoreMaintenance {
    let database: StoreDatabase
    let keys: StoreKeys
    let now: @Sendable () -> Date

    let url: URL
    private let signal = ChangeSignal()
    private let watch: Mutex<ChangeWatch?> = Mutex(nil)

    /// What the last watch saw, so that the next one misses nothing that comes between them.
    private let version: Mutex<StoreVersion>

    /// Opens the store at `url`, and makes it, its folder (0700) and its key first where it is new. Blocks for
    /// some milliseconds, and up to five seconds while another program has the database to itself.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` where the key that seals the store is not the one in `key`, and
    /// ``StoreError/Kind-swift.enum/unusable`` where the file is no store, or one of a newer version. In either
    /// case nothing is written, and no key is made.
    ///
    /// With `readOnly` nothing in the store changes, though SQLite may put empty files of its own beside it, by
    /// which readers and writers get out of each other's way. `now` is the store's clock.
    public static func open(
        at url: URL, key: SealingKeySource, readOnly: Bool = false,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(StoreError) -> SQLiteSessionStore {
        try open(
            StoreOpener(url: url, source: key, readOnly: readOnly, busyTimeout: .seconds(5)), now: now)
    }

    static func open(
        _ opener: StoreOpener, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(StoreError) -> SQLiteSessionStore {
        let opened = try opener.open()
        return SQLiteSessionStore(opened, url: opener.url, source: opener.source, now: now)
    }

    private init(_ opened: OpenedStore, url: URL, source: SealingKeySource, now: @escaping @Sendable () -> Date) {
        database = opened.database
        keys = StoreKeys(opened.ring, source: source, place: url.path)
        version = Mutex(opened.version)
        self.url = url
        self.now = now
    }

    public var name: String { StoreName.of(url) }

    var path: String { url.path }

    /// Whether it was opened for reading only, or is where this user may not write.
    public var isReadOnly: Bool { database.refusal?.kind == .readOnly }

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
        let known = version.withLock { $0 }
        let watching = ChangeWatch(
            url: url, known: known,
            version: { [database] handOver in database.version(handOver) },
            changed: { [weak self] version in
                self?.version.withLock { $0 = version }
                self?.signal.send()
            })
        watch.withLock { $0 = watching }
    }
}
