import Foundation
import Synchronization
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("Recording expiries", .timeLimit(.minutes(1)))
struct ExpiryRecorderTests {
    private let bench = ManagerBench()

    /// Counts the writes of expiries.
    private final class WriteCounter: ForwardingStore {
        let store: InMemorySessionStore
        private let count = Mutex(0)
        var writes: Int { count.withLock(\.self) }

        init(_ store: InMemorySessionStore) {
            self.store = store
        }

        func recordExpiries(
            after start: Date, until now: Date, by actor: String, batch: Int
        ) throws(StoreError) -> (count: Int, last: Date?) {
            count.withLock { $0 += 1 }
            return try store.recordExpiries(after: start, until: now, by: actor, batch: batch)
        }
    }

    /// A write takes the store's lock and is a change that every inspector reads again, also if it records nothing.
    @Test("The store is written only when a token has expired")
    func writes() async throws {
        let store = WriteCounter(bench.store)
        let manager = bench.manager("one", store: store)
        let session = try await bench.session(endingIn: 300)
        func expiries() -> Int { bench.store.journal(after: 0, limit: 100).count { $0.draft.event == .expired } }
        let running = Task { await ExpiryRecorder(manager, in: store).run() }
        let clock = bench.clock
        func pass(_ duration: Duration) async {
            let end = clock.now.advanced(by: duration)
            while clock.now < end {
                await clock.waitForSleepers()
                clock.advanceToNextSleeper()
            }
            await clock.waitForSleepers()
        }
        await pass(.seconds(200))
        #expect(store.writes == 0 && bench.state(session.id) == .expiring)
        await pass(.seconds(200))
        #expect(store.writes == 1 && expiries() == 1 && bench.state(session.id) == .expired)
        await pass(.seconds(200))
        #expect(store.writes == 1 && expiries() == 1)
        running.cancel()
        await running.value
    }
}
