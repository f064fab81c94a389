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
