import Synchronization

import struct Foundation.Date

/// Failures that carry a pair which hasn't been stored yet.
final class UnstoredPairs: Sendable {
    private let failures = Mutex<[SessionError]>([])

    /// Keeps a failure with a pair until ``remove(_:)``.
    func note(_ result: Result<OpenedSession, SessionError>) {
        guard case .failure(let error) = result, let tokens = error.unstoredTokens else { return }
        failures.withLock { failures in
            failures.removeAll { $0.unstoredTokens == tokens }
            failures.append(error)
        }
    }

    func remove(_ tokens: Tokens) {
        failures.withLock { $0.removeAll { $0.unstoredTokens == tokens } }
    }

    var all: [SessionError] { failures.withLock(\.self) }
}

/// The managers for other issuers' sessions in the same store. ``SessionManager/finish(within:)`` also waits for them.
final class OtherManagers: Sendable {
    private let make: @Sendable (String) -> SessionManager?
    private let made = Mutex<[String: SessionManager]>([:])

    init(_ make: @escaping @Sendable (String) -> SessionManager?) {
        self.make = make
    }

    func manager(for issuer: String) -> SessionManager? {
        made.withLock { made in
            let manager = made[issuer] ?? make(issuer)
            made[issuer] = manager
            return manager
        }
    }

    var used: [SessionManager] { made.withLock { Array($0.values) } }
}

extension SessionManager {
    /// Waits until all running work is stored, for at most `limit`. Call it before the program exits: an interrupted
    /// renewal leaves its session unresolved.
    ///
    /// Returns whether everything finished.
    public func finish(within limit: Duration) async -> Bool {
        let others = others.used.map { other in Task { await other.finish(within: limit) } }
        var isFinished = await finishOwn(within: limit)
        for other in others where await !other.value { isFinished = false }
        return isFinished
    }

    private func finishOwn(within limit: Duration) async -> Bool {
        guard !underWay.isEmpty else { return true }
        let signal = AsyncSignal()
        let waiting = Task {
            await settle()
            signal.signal()
        }
        await signal.wait(atMost: limit, on: timing.ticks)
        waiting.cancel()
        return underWay.isEmpty
    }

    /// Waits until nothing is in flight.
    func settle() async {
        while let task = underWay.values.first { await task.value }
    }

    /// Failures whose pairs (``SessionError/unstoredTokens``) are still not stored. There is no other copy: save them
    /// elsewhere before the program exits.
    ///
    /// If the store can't be read, all pairs count as unstored.
    public func unstored() async -> [SessionError] {
        var left: [SessionError] = []
        for failure in unstoredPairs.all {
            guard let tokens = failure.unstoredTokens else { continue }
            if await isStored(tokens) { unstoredPairs.remove(tokens) } else { left.append(failure) }
        }
        for other in others.used { left += await other.unstored() }
        return left
    }

    private func isStored(_ tokens: Tokens) async -> Bool {
        guard let token = tokens.accessToken?.value else { return false }
        do throws(StoreError) {
            return try await !store.sessions(holding: token, since: .distantFuture, limit: 1).isEmpty
        } catch {
            return false
        }
    }
}
