import Logging
import Synchronization

public import struct Foundation.Date

/// Renews sessions with automatic renewal before they expire, for as long as it runs.
///
/// Any number of schedulers can run on one store, in any number of processes; one of them renews each session. The
/// scheduler also purges the store. It survives errors, unavailable stores, suspended machines and clock changes. It
/// reads the store when a session is due, once a minute, and after changes, but at most once a second.
public struct RenewalScheduler: Sendable {
    /// The maximum number of sessions to look ahead, by expiry.
    private static let horizon = 2000

    /// How many renewals to start before looking again.
    private static let batch = 32

    /// How long to wait after a purge.
    private static let purgePause = Duration.seconds(900)

    /// Oversleeping by more than this means that the machine was suspended.
    private static let lateness = Duration.seconds(5)

    /// How long to wait at least before looking for other issuers again.
    private static let issuersPause = Duration.seconds(5)

    /// How long to skip a session whose renewal failed without a trace in the store, so that others get their turn.
    private static let rest = Duration.seconds(60)

    private let manager: SessionManager
    private let maintenance: (any StoreMaintenance)?
    private let report: @Sendable (SchedulerReport) -> Void
    private var timing: Timing { manager.timing }

    /// - Parameters:
    ///   - maintenance: The manager's store, to purge every 15 minutes. `nil` if another process does that.
    ///   - report: Called on any thread with what the scheduler does and why.
    public init(
        _ manager: SessionManager, purging maintenance: (any StoreMaintenance)?,
        report: @escaping @Sendable (SchedulerReport) -> Void = { _ in }
    ) {
        self.manager = manager
        self.maintenance = maintenance
        self.report = report
    }

    /// Runs until the task is cancelled. Running renewals then continue (``SessionManager/finish(within:)``).
    public func run() async {
        await manager.loadClock()
        let changes = StoreChanges(manager.store)
        defer { changes.end() }
        var expected: Duration?
        var behind = 0
        var resting: [SessionID: Duration] = [:]
        var purgeAt = timing.clock.elapsed()
        while !Task.isCancelled {
            let moment = timing.clock.moment
            if let seconds = timing.clock.takeJump() { report(.clockChanged(seconds: seconds)) }
            if let expected, moment.elapsed > expected + Self.lateness {
                report(.resumed(late: moment.elapsed - expected))
            }
            var next = await pass(at: moment, &behind, &resting)
            if moment.elapsed >= purgeAt { purgeAt = moment.elapsed + (await purge()) }
            next = min(next, purgeAt)
            // Bounded in both directions: never spin, never sleep for long.
            let end = min(max(next, timing.clock.elapsed() + .milliseconds(10)), moment.elapsed + .seconds(60))
            expected = end
            await timing.wait(until: min(end, moment.elapsed + .seconds(1)))
            if timing.clock.elapsed() < end { await timing.wait(until: end, orFor: changes) }
        }
    }

    /// Like ``run()``, and also renews the sessions of other issuers for which the manager makes managers.
    ///
    /// - Parameter store: The manager's store, which is searched for other issuers once a minute, and after changes.
    package func run(withOtherIssuersOf store: any SessionBrowser) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await run() }
            var served: Set = [manager.issuer.name]
            let changes = StoreChanges(store)
            defer { changes.end() }
            while !Task.isCancelled {
                for issuer in await issuers(in: store).subtracting(served) {
                    served.insert(issuer)
                    guard let other = manager.others.manager(for: issuer) else { continue }
                    group.addTask { await RenewalScheduler(other, purging: nil).run() }
                }
                let moment = timing.clock.elapsed()
                await timing.wait(until: moment + Self.issuersPause)
                await timing.wait(until: moment + .seconds(60), orFor: changes)
            }
        }
    }

    /// The issuers of the sessions with automatic renewal that expire first.
    private func issuers(in store: any SessionBrowser) async -> Set<String> {
        var filter = SessionFilter()
        filter.autoRenew = true
        // Others aren't renewed automatically, and could hide those that are.
        filter.states = [.valid, .expiring, .expired]
        let query = SessionQuery(filter: filter, limit: 500, now: timing.clock.now, policy: manager.policy)
        // If the store can't be read, the next search finds them.
        return Set(((try? await store.page(query)) ?? []).compactMap(\.issuer))
    }

    /// Purges a small batch. Returns how long to wait before the next one.
    private func purge() async -> Duration {
        guard let maintenance else { return .seconds(1 << 40) }
        let retention = Retention(gracePeriod: manager.policy.gracePeriod)
        do throws(StoreError) {
            let done = try await maintenance.purge(retention, by: manager.name, batch: 500)
            return done?.isMoreLeft == true ? .seconds(1) : Self.purgePause
        } catch {
            // The next read reports an unavailable store; the remaining rows can wait.
            manager.logger.warning("purge: \(error.message)")
            return Self.purgePause
        }
    }

    /// Starts what is due. Returns when to look again.
    private func pass(
        at moment: Moment, _ behind: inout Int, _ resting: inout [SessionID: Duration]
    ) async -> Duration {
        var sessions: [VisitorSession]
        do throws(StoreError) {
            sessions = try await manager.store.sessions(
                toRenewFrom: manager.issuer.name, at: moment.now, limit: Self.horizon)
        } catch {
            let until = moment.elapsed + .seconds(5)
            report(.storeUnavailable(until: moment.wall(at: until), message: error.message))
            return until
        }
        resting = resting.filter { $0.value > moment.elapsed }
        sessions.removeAll { resting[$0.id] != nil }
        let interval = manager.policy.budget?.interval ?? .zero
        let plan = RenewalPlan(
            sessions, policy: manager.policy, issuer: manager.issuer.name, interval: interval, at: moment)
        if plan.late != behind { report(.behind(sessions: plan.late)) }
        behind = plan.late
        let outcome = Outcome()
        await begin(plan.due.prefix(Self.batch).map { sessions[$0] }, every: interval, outcome)
        for id in outcome.failed.withLock(\.self) { resting[id] = timing.clock.elapsed() + Self.rest }
        if let held = outcome.deferral.withLock(\.self) {
            let until = moment.wall(at: held.until)
            report(held.isOfBudget ? .idle(until: until) : .issuerPaused(until: until, reason: held.reason))
            return held.until
        }
        guard plan.due.count <= Self.batch else { return moment.elapsed }
        let next = plan.next.map(moment.elapsed(at:)) ?? .seconds(1 << 40)
        report(.idle(until: moment.wall(at: min(next, moment.elapsed + .seconds(60)))))
        return next
    }

    /// Renews sessions in order, no faster than the issuer's budget allows. Stops when the issuer can't be contacted.
    private func begin(_ due: [VisitorSession], every interval: Duration, _ outcome: Outcome) async {
        await withTaskGroup { group in
            for session in due {
                let turn = timing.clock.elapsed() + interval + .milliseconds(1)
                group.addTask { await renew(session, outcome) }
                if interval > .zero { await timing.wait(until: turn) }
                if outcome.deferral.withLock({ $0 != nil }) || Task.isCancelled { break }
            }
        }
    }

    private func renew(_ session: VisitorSession, _ outcome: Outcome) async {
        report(.renewing(session.id))
        do throws(SessionError) {
            _ = try await manager.renew(session.id, .ahead, observed: .init(session))
        } catch {
            if let held = error.cause as? RequestDeferral { return outcome.deferral.withLock { $0 = held } }
            guard error.kind != .cancelled else { return }
            report(.failed(session.id, error.kind, message: error.message))
            if !(error.cause is IssuerError) { _ = outcome.failed.withLock { $0.insert(session.id) } }
        }
    }

    /// The result of a batch: why it stopped early, and which sessions failed without a trace.
    private final class Outcome: Sendable {
        let deferral = Mutex<RequestDeferral?>(nil)
        let failed = Mutex<Set<SessionID>>([])
    }
}

/// What a scheduler does and why, for logs and status lines.
@nonexhaustive
public enum SchedulerReport: Hashable, Sendable {
    /// Nothing is due until then, unless the store changes.
    case idle(until: Date)

    /// Renewing this session before it expires.
    case renewing(SessionID)

    /// The renewal failed. The session is kept and retried, unless it was refused.
    case failed(SessionID, SessionError.Kind, message: String)

    /// This many sessions will expire before their turn, because the issuer's budget is exhausted. They are renewed as
    /// soon as possible.
    case behind(sessions: Int)

    /// The issuer isn't contacted before then.
    case issuerPaused(until: Date, reason: String)

    /// The store can't be read; it is retried then.
    case storeUnavailable(until: Date, message: String)

    /// The clock was set forward or (negative) back by this many seconds. All times are recomputed.
    case clockChanged(seconds: Double)

    /// Nothing ran for this much longer than intended: the machine or the process was suspended.
    case resumed(late: Duration)
}
