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

extension SessionManager {
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
