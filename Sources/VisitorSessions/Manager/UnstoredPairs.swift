import Synchronization

import struct Foundation.Date

/// The failures that carry a pair which the store didn't take, as long as it isn't stored.
final class UnstoredPairs: Sendable {
    private let failures = Mutex<[SessionError]>([])

    /// Keeps a failure that has a pair, until ``remove(_:)``.
    func note(_ result: Result<OpenedSession, SessionError>) {
        guard case .failure(let error) = result, let tokens = error.unstoredTokens else { return }
        failures.withLock { failures in
            failures.removeAll { $0.unstoredTokens == tokens }
            failures.append(error)
        }
    }

    /// The pair has been stored.
    func remove(_ tokens: Tokens) {
        failures.withLock { $0.removeAll { $0.unstoredTokens == tokens } }
    }

    var all: [SessionError] { failures.withLock(\.self) }
}

extension SessionManager {
    /// The failures whose pairs (``SessionError/unstoredTokens``) are still in no session. A program that ends saves them
    /// elsewhere first: there is no other copy.
    ///
    /// A store that can't be read counts as one that doesn't hold them.
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
