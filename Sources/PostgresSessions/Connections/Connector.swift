import Dispatch
import Foundation
import Synchronization
import VisitorSessions

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

    /// For locks of other transactions.
    public var lock: Duration = .seconds(5)

    public var statement: Duration = .seconds(15)

    public init() {}
}

/// A connection and its queue, so that callers don't block a thread of the cooperative pool. Connects on first use and
/// after the connection is lost.
final class ConnectionWorker: Sendable {
    /// How often to retry after a conflict with another transaction.
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
