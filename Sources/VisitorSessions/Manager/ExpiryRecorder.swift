import Logging

import struct Foundation.Date
import struct Foundation.UUID

/// Records in the journal that access tokens have expired, for as long as it runs.
///
/// Any number of recorders can run on one store, in any number of processes: each expiry is recorded once. Expiries
/// while no recorder runs aren't recorded. The inspector and `watch` run one; a server doesn't need it.
public struct ExpiryRecorder: Sendable {
    private static let batch = 500
    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)

    /// The pause per recorded expiry. If dozens of tokens expire every second, the store is written once a minute.
    private static let pausePerExpiry = Duration.milliseconds(100)

    private let manager: SessionManager
    private let store: any SessionBrowser & StoreMaintenance
    private var timing: Timing { manager.timing }

    /// - Parameter store: The manager's store.
    public init(_ manager: SessionManager, in store: any SessionBrowser & StoreMaintenance) {
        self.manager = manager
        self.store = store
    }

    /// Runs until the task is cancelled. An unavailable store only delays entries.
    public func run() async {
        await manager.loadClock()
        let changes = StoreChanges(store)
        defer { changes.end() }
        var last = timing.clock.now
        while !Task.isCancelled {
            let moment = timing.clock.moment
            var next: Date?
            var count = 0
            do throws(StoreError) {
                let start = min(last, moment.now)
                next = try await nextExpiry(after: start)
                // A write that records nothing would still be a change, which wakes this loop and all others again.
                if let due = next, due <= moment.now {
                    count = try await record(after: start, until: moment.now)
                    next = try await nextExpiry(after: moment.now)
                }
                last = moment.now
            } catch {
                manager.logger.warning("expiries: \(error.message)")
            }
            let pause = min(max(Self.pausePerExpiry * count, Self.shortestPause), Self.longestPause)
            await timing.wait(until: moment.elapsed + pause)
            let end = min(next.map(moment.elapsed(at:)) ?? .seconds(1 << 40), moment.elapsed + Self.longestPause)
            if timing.clock.elapsed() < end { await timing.wait(until: end + .milliseconds(1), orFor: changes) }
        }
    }

    private func record(after start: Date, until now: Date) async throws(StoreError) -> Int {
        var (total, start) = (0, start)
        while true {
            let (count, last) = try await store.recordExpiries(
                after: start, until: now, by: manager.name, batch: Self.batch)
            total += count
            guard count == Self.batch, let last, !Task.isCancelled else { return total }
            // More tokens may have expired in the last one's millisecond, so only that millisecond is read again.
            start = last - .milliseconds(1)
        }
    }

    private func nextExpiry(after now: Date) async throws(StoreError) -> Date? {
        var query = SessionQuery(limit: 1, now: now, policy: manager.policy)
        query.start = .from(
            SessionPosition(
                .expiry(.at(now + .milliseconds(1))),
                SessionID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))))
        return try await store.page(query).first?.accessExpiry.date
    }
}
