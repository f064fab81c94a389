import Dispatch
import Foundation
import SessionSQL
import Synchronization
import VisitorSessions

/// A connection pool for reads and writes.
final class PostgresDatabase: SQLDatabase {
    let dialect = Dialect.postgres
    private struct State {
        /// Used last in, first out, to keep few of them connected.
        var idle: [ConnectionWorker]
        var waiting: [(number: Int, continuation: CheckedContinuation<ConnectionWorker?, Never>)] = []
        var lastNumber = 0
    }

    let isReadOnly: Bool
    private let connector: Connector
    private let state: Mutex<State>

    /// For cancellations and time-outs, independent of the connections' queues.
    private let queue = DispatchQueue(label: "session-inspector.postgres.pool", attributes: .concurrent)

    init(_ connector: Connector, connections: Int, isReadOnly: Bool) {
        self.connector = connector
        self.isReadOnly = isReadOnly
        state = Mutex(State(idle: (0..<max(connections, 1)).map { _ in ConnectionWorker(connector) }))
    }

    /// Runs one read-only statement in one snapshot. Cancelling the task cancels it.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(isCancellable: true, body)
    }

    /// Writes in one transaction, durable on return. Cancelling the task doesn't stop it; an error rolls it back.
    /// `body` runs again after a conflict with another transaction.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        guard !isReadOnly else {
            throw StoreError(.readOnly, "The store is open read-only. Nothing was changed.")
        }
        let transaction = Transaction(timeouts: connector.timeouts)
        return try await run(isCancellable: false) { connection in try transaction.run(on: connection, body) }
    }

    func query<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read { connection in try body(connection) }
    }

    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write { connection in try body(connection) }
    }

    // MARK: Connections

    private func run<Value: Sendable>(
        isCancellable: Bool, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        guard let worker = await worker(for: number, isCancellable: isCancellable) else {
            throw StoreError(
                .unavailable,
                isCancellable && Task.isCancelled
                    ? "The read was cancelled."
                    : "\(connector.address.name) is slow, and all connections are in use. Nothing was changed.")
        }
        let result: Result<Value, any Error>
        if isCancellable, Task.isCancelled {
            result = .failure(StoreError(.unavailable, "The read was cancelled."))
        } else {
            result = await withTaskCancellationHandler {
                await worker.run(number, body)
            } onCancel: { [queue] in
                if isCancellable { queue.async { worker.cancel(number) } }
            }
        }
        release(worker)
        do {
            return try result.get()
        } catch {
            throw StoreError(postgres: error, at: connector.address)
        }
    }

    private func worker(for number: Int, isCancellable: Bool) async -> ConnectionWorker? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let idle = state.withLock { state -> ConnectionWorker? in
                    if let worker = state.idle.popLast() { return worker }
                    state.waiting.append((number, continuation))
                    return nil
                }
                if let idle { return continuation.resume(returning: idle) }
                queue.asyncAfter(deadline: .now() + connector.timeouts.statement.inSeconds) { [weak self] in
                    self?.stopWaiting(number)
                }
            }
        } onCancel: {
            if isCancellable { stopWaiting(number) }
        }
    }

    private func stopWaiting(_ number: Int) {
        let waiting = state.withLock { state in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        waiting?.continuation.resume(returning: nil)
    }

    private func release(_ worker: ConnectionWorker) {
        let next = state.withLock { state -> CheckedContinuation<ConnectionWorker?, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().continuation }
            state.idle.append(worker)
            return nil
        }
        next?.resume(returning: worker)
    }
}

/// One durable transaction.
struct Transaction {
    let timeouts: PostgresTimeouts

    /// Transaction-local settings, because a pooler may hand the connection to another client afterwards. Overrides a
    /// server's `synchronous_commit = off`. One statement for all of them, because every write pays for it.
    private var beginStatement: String {
        let (lock, statement) = (timeouts.lock.inMilliseconds, timeouts.statement.inMilliseconds)
        return """
            BEGIN ISOLATION LEVEL READ COMMITTED;
            SELECT set_config('lock_timeout', '\(lock)', true), set_config('statement_timeout', '\(statement)', true),
                set_config('idle_in_transaction_session_timeout', '\(lock)', true),
                set_config('synchronous_commit', CASE kept WHEN 'off' THEN 'on' ELSE kept END, true)
            FROM current_setting('synchronous_commit') AS kept
            """
    }

    func run<Value>(on connection: PostgresConnection, _ body: (PostgresConnection) throws -> Value) throws -> Value {
        try connection.execute(script: beginStatement)
        let value: Value
        do {
            value = try body(connection)
        } catch {
            rollBack(connection)
            throw error
        }
        try commit(connection)
        return value
    }

    private func commit(_ connection: PostgresConnection) throws(PostgresFailure) {
        do throws(PostgresFailure) {
            let result = try connection.execute("COMMIT")
            guard result.command == "COMMIT" else {
                throw PostgresFailure(sqlState: "40000", message: "It was rolled back.", isConnectionLost: false)
            }
        } catch {
            var failure = error
            failure.isCommitUnknown = failure.isConnectionLost
            throw failure
        }
    }

    /// If this fails, the connection is closed, which ends the transaction.
    private func rollBack(_ connection: PostgresConnection) {
        guard connection.isUsable else { return }
        do throws(PostgresFailure) {
            try connection.execute("ROLLBACK")
        } catch {
            connection.invalidate()
        }
    }
}

extension Duration {
    var inMilliseconds: Int64 { Int64((self / .milliseconds(1)).rounded(.up)) }
}

/// Connects to a server. Backs off exponentially with jitter while it is unreachable, so that a fleet's hosts don't all
/// reconnect at once.
final class Connector: Sendable {
    private static let maximumBackoff = Duration.seconds(2)

    let address: PostgresAddress
    let timeouts: PostgresTimeouts
    private let failed = Mutex<(failure: PostgresFailure, until: ContinuousClock.Instant, count: Int)?>(nil)

    init(_ address: PostgresAddress, _ timeouts: PostgresTimeouts) {
        self.address = address
        self.timeouts = timeouts
    }

    /// libpq tries the next of several servers only if one refuses; this also skips one that doesn't respond.
    private func connectToAny() throws(PostgresFailure) -> PostgresConnection {
        var first = 0
        while true {
            do throws(PostgresFailure) {
                return try PostgresConnection(address, from: first, timeouts: timeouts)
            } catch {
                guard let silent = error.silentHost, silent + 1 < address.hosts.count else { throw error }
                first = silent + 1
            }
        }
    }

    /// Blocks. During backoff, rethrows the last failure at once.
    func connect() throws(PostgresFailure) -> PostgresConnection {
        let last = failed.withLock(\.self)
        if let last, last.until > .now { throw last.failure }
        do throws(PostgresFailure) {
            let connection = try connectToAny()
            failed.withLock { $0 = nil }
            return connection
        } catch {
            let failure = error
            failed.withLock { failed in
                let count = (failed?.count ?? 0) + 1
                let longest = min(Duration.milliseconds(50 << min(count, 10)), Self.maximumBackoff)
                failed = (failure, .now + longest * Double.random(in: 0.5...1), count)
            }
            throw error
        }
    }
}

public struct PostgresTimeouts: Sendable {
    public var connect: Duration = .seconds(5)

    /// How long to wait for locks of other transactions.
    public var lock: Duration = .seconds(5)

    public var statement: Duration = .seconds(15)

    public init() {}
}

/// A connection and its queue, so that callers don't block a thread of the cooperative pool. Connects on first use and
/// after the connection is lost.
final class ConnectionWorker: Sendable {
    /// How many times to retry after a conflict with another transaction.
    private static let attempts = 8

    private let queue = DispatchQueue(label: "session-inspector.postgres")
    private let connector: Connector

    private struct State {
        var connection: PostgresConnection?
        var running: Int?
    }
    private let state = Mutex(State())

    init(_ connector: Connector) {
        self.connector = connector
    }

    /// Runs `body` with a usable connection. It may run more than once, each time after the server has rolled back the
    /// previous run.
    func run<Value: Sendable>(
        _ number: Int, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async -> Result<Value, any Error> {
        await withCheckedContinuation { continuation in
            queue.async {
                let result = Result { try self.retrying(number, body) }
                continuation.resume(returning: result)
            }
        }
    }

    /// Cancels the statement of run `number` unless that run has ended. Blocks until the server receives the request,
    /// but doesn't delay the run.
    func cancel(_ number: Int) {
        let connection = state.withLock { state -> PostgresConnection? in
            guard state.running == number else { return nil }
            // The request may arrive after the run, so no later run may use this connection.
            defer { state.connection = nil }
            return state.connection
        }
        connection?.cancel()
    }

    private func retrying<Value>(_ number: Int, _ body: (PostgresConnection) throws -> Value) throws -> Value {
        var conflicts = 0
        while true {
            let (connection, isNew) = try usableConnection()
            state.withLock { $0.running = number }
            defer { state.withLock { $0.running = nil } }
            do {
                return try body(connection)
            } catch let failure as PostgresFailure {
                // An idle connection may be stale because the server restarted.
                let isStale = failure.isConnectionLost && !failure.isTimeout && !isNew
                if isStale, !failure.isCommitUnknown { continue }
                guard failure.isConflict, conflicts < Self.attempts else { throw failure }
                conflicts += 1
                usleep(UInt32.random(in: 500...(4000 << UInt32(min(conflicts, 5)))))
            }
        }
    }

    private func usableConnection() throws(PostgresFailure) -> (PostgresConnection, isNew: Bool) {
        if let connection = state.withLock({ $0.connection }), connection.isUsable { return (connection, false) }
        state.withLock { $0.connection = nil }
        let connection = try connector.connect()
        state.withLock { $0.connection = connection }
        return (connection, true)
    }
}
