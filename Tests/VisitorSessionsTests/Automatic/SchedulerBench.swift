import Foundation
import Synchronization
import VisitorSessionsTesting

@testable import VisitorSessions

/// Schedulers on one store and one virtual clock, which advances from event to event.
struct SchedulerBench {
    let bench = ManagerBench()
    let issuer: RotatingIssuer
    let store: CountingStore
    let reports = Reports()

    init() {
        issuer = RotatingIssuer(now: bench.clock.date)
        store = CountingStore(bench.store)
    }

    final class Reports: Sendable {
        private let list = Mutex<[SchedulerReport]>([])
        var all: [SchedulerReport] { list.withLock(\.self) }
        func add(_ report: SchedulerReport) { list.withLock { $0.append(report) } }
    }

    /// Stores `count` sessions with automatic renewal that expire in `seconds`.
    func sessions(_ count: Int, endingIn seconds: Double) async throws -> [SessionID] {
        var ids: [SessionID] = []
        for number in 0..<count {
            let session = try await bench.session("\(number)-\(seconds)", endingIn: seconds) { $0.autoRenew = true }
            ids.append(session.id)
        }
        return ids
    }

    func manager(_ name: String, store other: (any SessionStore)? = nil, requestsPerMinute: Int? = 200)
        -> SessionManager
    {
        let policy = ManagerBench.policy {
            $0.budget = requestsPerMinute.map { RequestBudget(requestsPerMinute: $0) }
        }
        return bench.manager(name, store: other ?? store, issuer: issuer, policy: policy)
    }

    /// Runs schedulers of `managers` for `duration` of virtual time, with `events` at their times.
    func run(
        _ managers: [SessionManager], for duration: Duration, _ events: [(at: Duration, do: @Sendable () -> Void)] = []
    ) async {
        let clock = bench.clock
        let end = clock.now.advanced(by: duration)
        let start = clock.now
        var pending = events[...]
        let running = managers.map { manager in
            Task { await RenewalScheduler(manager, purging: store) { reports.add($0) }.run() }
        }
        while clock.now < end {
            await settle(managers)
            if let next = pending.first, start.duration(to: clock.now) >= next.at {
                next.do()
                pending.removeFirst()
            }
            clock.advanceToNextSleeper()
        }
        await settle(managers)
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    /// Waits until every task sleeps and nothing is in flight.
    private func settle(_ managers: [SessionManager]) async {
        await bench.clock.waitForSleepers(managers.count)
        for manager in managers { await manager.settle() }
    }

    var mostInAMinute: Int {
        let times = issuer.redemptions
        var most = 0
        var first = 0
        for (index, time) in times.enumerated() {
            while time.timeIntervalSince(times[first]) >= 60 { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }
}

/// Counts how often a list is read.
final class CountingStore: ForwardingStore {
    let store: InMemorySessionStore
    private let count = Mutex(0)

    init(_ store: InMemorySessionStore) {
        self.store = store
    }

    var pages: Int { count.withLock(\.self) }

    func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? { try store.opened(id) }

    func page(_ query: SessionQuery) -> [VisitorSession] {
        count.withLock { $0 += 1 }
        return store.page(query)
    }
}

/// A store with sessions that are listed but can't be opened.
final class UnopenableStore: ForwardingStore {
    let store: CountingStore
    private let ids: Set<SessionID>

    init(_ store: CountingStore, _ ids: Set<SessionID>) {
        self.store = store
        self.ids = ids
    }

    func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? {
        if ids.contains(id) { throw .damaged(id, "no key opens it") }
        return try store.opened(id)
    }
}
