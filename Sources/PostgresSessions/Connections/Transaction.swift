import SessionSQL
import VisitorSessions

/// One transaction: all of it or nothing, and durable when it is done.
struct Transaction {
    let timeouts: PostgresTimeouts

    /// Settings are local to the transaction: a pooler may give the connection to another client after it. A server whose
    /// commits need not be durable makes an exception of this one. One statement for all: every write pays for it.
    private var beginning: String {
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
        try connection.execute(script: beginning)
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

    /// Where this fails the connection is given up, and the transaction with it.
    private func rollBack(_ connection: PostgresConnection) {
        guard connection.isSound else { return }
        do throws(PostgresFailure) {
            try connection.execute("ROLLBACK")
        } catch {
            connection.giveUp()
        }
    }
}

extension Duration {
    var inMilliseconds: Int64 { Int64((self / .milliseconds(1)).rounded(.up)) }
}
