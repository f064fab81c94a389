import Foundation
import Synchronization
import VisitorSessions
import VisitorSessionsTesting

/// A store that pauses the first time it reaches a step, until it is released.
final class PausingStore: ForwardingStore {
    enum Step: String, Sendable, CaseIterable {
        case beforeOpening, afterOpening, beforeLease, afterLease, beforeUpdate, afterUpdate
    }

    let store: InMemorySessionStore
    private let step: Mutex<Step?>
    private let pausing = AsyncStream.makeStream(of: Void.self)
    private let going = AsyncStream.makeStream(of: Void.self)

    init(_ store: InMemorySessionStore, at step: Step) {
        self.store = store
        self.step = Mutex(step)
    }

    /// Returns when a caller has reached the step.
    func waitForPause() async {
        for await _ in pausing.stream { return }
    }

    func letGo() {
        going.continuation.yield()
    }

    private func pass(_ step: Step) async {
        let isHere = self.step.withLock { awaited in
            guard awaited == step else { return false }
            awaited = nil
            return true
        }
        guard isHere else { return }
        pausing.continuation.yield()
        for await _ in going.stream { return }
    }

    func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        await pass(.beforeOpening)
        let answer = try store.opened(id)
        await pass(.afterOpening)
        return answer
    }

    func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        await pass(.beforeLease)
        let leased = try store.lease(session, to: holder, for: duration, within: request)
        await pass(.afterLease)
        return leased
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) async throws(StoreError) -> VisitorSession {
        await pass(.beforeUpdate)
        let updated = try store.update(session, tokens: tokens, entry: entry, keeping: replaced)
        await pass(.afterUpdate)
        return updated
    }
}
