import Dispatch
import Foundation
import Synchronization
import VisitorSessions

/// Connects to a server, and leaves one that is away alone for a while: longer each time, at random, so that the hosts of
/// a fleet do not come back all at once.
final class Connector: Sendable {
    private static let longestPause = Duration.seconds(2)

    let address: PostgresAddress
    let timeouts: PostgresTimeouts
    private let failed = Mutex<(failure: PostgresFailure, until: ContinuousClock.Instant, count: Int)?>(nil)

    init(_ address: PostgresAddress, _ timeouts: PostgresTimeouts) {
        self.address = address
        self.timeouts = timeouts
    }

    /// Of several servers libpq tries the next where one refuses. Where one is silent it is left out here.
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

    /// Blocks, though not while the last failure is young: that is thrown again.
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
                let longest = min(Duration.milliseconds(50 << min(count, 10)), Self.longestPause)
                failed = (failure, .now + longest * Double.random(in: 0.5...1), count)
            }
            throw error
        }
    }
}

/// How long a server is waited for.
public struct PostgresTimeouts: Sendable {
    /// For a connection.
    public var connect: Duration = .seconds(5)

    /// For what another transaction holds.
    public var lock: Duration = .seconds(5)

    /// For one statement.
    public var statement: Duration = .seconds(15)

    public init() {}
}

/// A connection and the queue of its own on which it is used: callers wait without a thread of the cooperative
/// pool. Connects when it is needed, and again where the connection was lost.
final class ConnectionWorker: Sendable {
    /// How often two transactions that are in each other's way try again.
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

    /// Runs `body` with a sound connection. It may run more than once, always from its beginning and after the server has
    /// undone what the last run did.
    func run<Value: Sendable>(
        _ number: Int, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async -> Result<Value, any Error> {
        await withCheckedContinuation { continuation in
            queue.async {
                let result = Result { try self.repeating(number, body) }
                continuation.resume(returning: result)
            }
        }
    }

    /// Cancels the statement of run `number`, unless that run has ended. Blocks until the server has heard it, which may
    /// be long where it is silent; the run itself waits no longer for that.
    func cancel(_ number: Int) {
        let connection = state.withLock { state -> PostgresConnection? in
            guard state.running == number else { return nil }
            // It may arrive after the run: no later run may have this connection.
            defer { state.connection = nil }
            return state.connection
        }
        connection?.cancel()
    }

    private func repeating<Value>(_ number: Int, _ body: (PostgresConnection) throws -> Value) throws -> Value {
        var races = 0
        while true {
            let (connection, isNew) = try sound()
            state.withLock { $0.running = number }
            defer { state.withLock { $0.running = nil } }
            do {
                return try body(connection)
            } catch let failure as PostgresFailure {
                // One that had been idle may have been lost long ago, with a server that is back since.
                let isStale = failure.isConnectionLost && !failure.isTimeout && !isNew
                if isStale, !failure.isCommitUnknown { continue }
                guard failure.isRace, races < Self.attempts else { throw failure }
                races += 1
                usleep(UInt32.random(in: 500...(4000 << UInt32(min(races, 5)))))
            }
        }
    }

    private func sound() throws(PostgresFailure) -> (PostgresConnection, isNew: Bool) {
        if let connection = state.withLock({ $0.connection }), connection.isSound { return (connection, false) }
        state.withLock { $0.connection = nil }
        let connection = try connector.connect()
        state.withLock { $0.connection = connection }
        return (connection, true)
    }
}
