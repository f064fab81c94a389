import Dispatch
import Foundation
import Synchronization
import VisitorSessions

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
