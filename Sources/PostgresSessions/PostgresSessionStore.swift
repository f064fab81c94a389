public import Foundation
@_exported public import SessionSQL  // Lets clients use SQLStore's members without importing SessionSQL.
import Synchronization
public import VisitorSessions

/// Sessions in a PostgreSQL database, shared by any number of processes on any number of hosts.
///
/// Dates are stored in whole milliseconds. The server's clock decides leases, budgets and grace periods. Tokens are
/// sealed with the key that the database names, which all hosts need, usually from `SESSION_INSPECTOR_KEY`. A pooler in
/// transaction mode works; it forwards no notifications, so other hosts' changes are polled twice a second.
public final class PostgresSessionStore: SQLStore {
    let database: PostgresDatabase
    public let sql: SQLSessions

    private let connector: Connector
    private let signal = ChangeSignal()
    private let watch: Mutex<ChangeWatch?> = Mutex(nil)

    var keys: StoreKeys { sql.keys }

    // MARK: Opening

    /// Opens the store at `address`, creating its tables and key if they are missing. Blocks until the server responds,
    /// within the time-outs.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` if `key` isn't the store's key,
    /// ``StoreError/Kind-swift.enum/configuration`` if the server rejects the login,
    /// ``StoreError/Kind-swift.enum/unusable`` if the database doesn't exist or holds a newer version's store, and
    /// ``StoreError/Kind-swift.enum/unavailable`` if the server doesn't respond. In each case nothing is written.
    ///
    /// - Parameters:
    ///   - createsStore: Whether to create a missing store; otherwise that is an error.
    ///   - connections: The maximum number of connections, not counting one for notifications.
    ///   - now: The clock for leases and budgets. `nil`: the server's.
    public static func open(
        at address: PostgresAddress, key: SealingKeySource, readOnly: Bool = false, createsStore: Bool = true,
        connections: Int = 4, timeouts: PostgresTimeouts = PostgresTimeouts(), now: (@Sendable () -> Date)? = nil
    ) throws(StoreError) -> PostgresSessionStore {
        let connector = Connector(address, timeouts)
        let ring = try StoreOpener(connector: connector, source: key, readOnly: readOnly, createsStore: createsStore)
            .open()
        return PostgresSessionStore(
            connector, PostgresDatabase(connector, connections: connections, isReadOnly: readOnly),
            StoreKeys(ring, source: key, place: address.name), StoreClock(given: now))
    }

    private init(_ connector: Connector, _ database: PostgresDatabase, _ keys: StoreKeys, _ clock: StoreClock) {
        self.connector = connector
        self.database = database
        sql = SQLSessions(database, keys: keys, clock: clock, signal: signal)
    }

    public var name: String { connector.address.name }

    public var isReadOnly: Bool { database.isReadOnly }

    // MARK: Changes

    public func changes() -> AsyncStream<Void> {
        signal.subscribe(
            whenFirst: { [weak self] in self?.startWatching() },
            whenLast: { [weak self] in self?.watch.withLock { $0 = nil } })
    }

    private func startWatching() {
        watch.withLock { watch in
            watch = ChangeWatch(connector, ignoring: sql.writer) { [weak self] in self?.signal.send() }
        }
    }

    // MARK: Lists

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        let sessions = try await sql.sessions { [clock = sql.clock] seal in
            PageQuery(query, keyIDs: seal.keyIDs, clock: clock).sql
        }
        return ListQuery.isReversed(query) ? sessions.reversed() : sessions
    }

    public func rank(
        of position: SessionPosition, in query: SessionQuery
    ) async throws(StoreError) -> SessionRank {
        try await sql.select { [clock = sql.clock] seal in
            PageQuery(query, keyIDs: seal.keyIDs, clock: clock).sql(counting: position)
        } read: { row, _ -> SessionRank? in
            SessionRank(before: Int(row.number(0) ?? 0), total: Int(row.number(1) ?? 0))
        }.first ?? SessionRank(before: 0, total: 0)
    }

    public func counts(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCounts {
        let query = CountsQuery(now: now, clock: sql.clock, policy: policy)
        var counts =
            try await sql.select { seal in
                query.sql(keyIDs: seal.keyIDs)
            } read: { row, _ -> SessionCounts? in
                query.counts(row)
            }.first ?? SessionCounts()
        // A write between the two reads is announced, so the counts are read again.
        guard let next = counts.nextChange else { return counts }
        for lookahead in SessionCounts.lookaheads where next <= now + lookahead {
            let near = try await sql.sessions { _ in query.sql(until: now + lookahead) }
            guard near.count > SessionCounts.predictionLimit else {
                counts.predict(near, after: now, until: now + lookahead, policy: policy)
                break
            }
        }
        return counts
    }

    // MARK: Many sessions

    public func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion] {
        guard !sessions.isEmpty else { return [] }
        for new in sessions { try new.session.requireValidLabel() }
        return try await sql.write { write in try write.insert(new: sessions) }
    }
}

extension SessionWrite {
    fileprivate func insert(new sessions: [NewSession]) throws -> [Insertion] {
        let seal = try sealingSeal()
        let insertions = try sessions.map { new -> Insertion in
            if let holder = try holder(of: new, seal) { return .duplicate(holder) }
            guard try !exists(new.session.id) else { return .idConflict }
            _ = try insert(new.session, tokens: new.tokens, seal)
            return .stored
        }
        try finish(zip(sessions, insertions).filter { $1 == .stored }.map { new, _ in (new.session.id, new.entry) })
        return insertions
    }

    /// The session that holds or held a new session's token; those in use first.
    private func holder(of new: NewSession, _ seal: TokenSeal) throws -> SessionID? {
        guard let token = new.token else { return nil }
        let query = Dialect.postgres.sessions(holding: seal.fingerprints(token), since: .distantPast, limit: 10)
        let known = try db.rows(query, seal.rows(.postgres).session)
        return (known.first { $0.discardedAt == nil } ?? known.first)?.id
    }
}
