import Logging
import Synchronization

public import struct Foundation.Date

/// Renews the sessions that asked for it before they end, as long as it runs.
///
/// Any number of schedulers may run on one store, in any number of processes: a session is renewed by one of them. It
/// also purges what the store keeps no longer. It survives errors, a store that is away, a machine that sleeps and clocks that are set. It looks at the store when a
/// session has its turn, once a minute, and when the store changes, though then not more than once a second.
public struct RenewalScheduler: Sendable {
    /// How far ahead it looks: so many sessions, by their end.
    private static let horizon = 2000

    /// How many renewals are begun before it looks again.
    private static let batch = 32

    /// How long a store that has been purged is left alone.
    private static let purgePause = Duration.seconds(900)

    /// A pause that took longer than meant by this was no pause of ours.
    private static let lateness = Duration.seconds(5)

    /// How long a session is left alone whose renewal failed without a trace in the store: one that cannot be opened, or a
    /// store that takes no writes. Others have their turn meanwhile.
    private static let rest = Duration.seconds(60)

    private let manager: SessionManager
    private let maintenance: (any StoreMaintenance)?
    private let report: @Sendable (SchedulerReport) -> Void
    private var timing: Timing { manager.timing }

    /// - Parameters:
    ///   - maintenance: The manager's store, to purge what it no longer keeps every quarter of an hour. `nil`: another
    ///     process does.
    ///   - report: Called with what is done, and why, on any thread.
    public init(
        _ manager: SessionManager, purging maintenance: (any StoreMaintenance)?,
        report: @escaping @Sendable (SchedulerReport) -> Void = { _ in }
    ) {
        self.manager = manager
        self.maintenance = maintenance
        self.report = report
    }

    /// Runs until the task is cancelled. What is under way then goes on (``SessionManager/finish(within:)``).
    public func run() async {
        await manager.recallClock()
        let changes = StoreChanges(manager.store)
        defer { changes.end() }
        var expected: Duration?
        var behind = 0
        var resting: [SessionID: Duration] = [:]
        var purgeAt = timing.clock.elapsed()
        while !Task.isCancelled {
            let moment = timing.clock.moment
            if let seconds = timing.clock.takeJump() { report(.clockSet(seconds: seconds)) }
            if let expected, moment.elapsed > expected + Self.lateness {
                report(.wokeUp(late: moment.elapsed - expected))
            }
            var next = await pass(at: moment, &behind, &resting)
            if moment.elapsed >= purgeAt { purgeAt = moment.elapsed + (await purge()) }
            next = min(next, purgeAt)
            // Whatever happens, it neither spins nor sleeps for long.
            let end = min(max(next, timing.clock.elapsed() + .milliseconds(10)), moment.elapsed + .seconds(60))
            expected = end
            await timing.wait(until: min(end, moment.elapsed + .seconds(1)))
            if timing.clock.elapsed() < end { await timing.wait(until: end, orFor: changes) }
        }
    }

    /// Clears away what is kept no longer, a little at a time. Returns how long there is nothing more to do.
    private func purge() async -> Duration {
        guard let maintenance else { return .seconds(1 << 40) }
        let retention = Retention(gracePeriod: manager.policy.gracePeriod)
        do throws(StoreError) {
            let done = try await maintenance.purge(retention, by: manager.name, batch: 500)
            return done?.isMoreLeft == true ? .seconds(1) : Self.purgePause
        } catch {
            // A store that is away is said by the next look at it; what is left lies there for another while.
            manager.logger.warning("purge: \(error.message)")
            return Self.purgePause
        }
    }

    /// Begins what is due. Returns the instant at which to look again.
    private func pass(
        at moment: Moment, _ behind: inout Int, _ resting: inout [SessionID: Duration]
    ) async -> Duration {
        var sessions: [VisitorSession]
        do throws(StoreError) {
            sessions = try await manager.store.sessions(
                toRenewFrom: manager.issuer.name, at: moment.now, limit: Self.horizon)
        } catch {
            let until = moment.elapsed + .seconds(5)
            report(.storeAway(until: moment.wall(at: until), message: error.message))
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
            report(.issuerWaits(until: moment.wall(at: held.until), reason: held.reason))
            return held.until
        }
        guard plan.due.count <= Self.batch else { return moment.elapsed }
        let next = plan.next.map(moment.elapsed(at:)) ?? .seconds(1 << 40)
        report(.idle(until: moment.wall(at: min(next, moment.elapsed + .seconds(60)))))
        return next
    }

    /// Renews these in their order, no faster than the issuer's budget allows. Stops where the issuer is not to be asked.
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

    /// What comes of a batch: why it ended before its end, and whose renewal failed without a trace.
    private final class Outcome: Sendable {
        let deferral = Mutex<RequestDeferral?>(nil)
        let failed = Mutex<Set<SessionID>>([])
    }
}

/// What a scheduler does, and why: for a log, a header, a person who wonders.
@nonexhaustive
public enum SchedulerReport: Hashable, Sendable {
    /// Nothing has to be done until then, unless the store changes.
    case idle(until: Date)

    /// It renews this session before it ends.
    case renewing(SessionID)

    /// That renewal failed. The session is kept, and it is tried again, unless it was refused.
    case failed(SessionID, SessionError.Kind, message: String)

    /// So many sessions will end before their turn comes: the issuer takes no more requests in the time that is left.
    /// They are renewed as soon as it does.
    case behind(sessions: Int)

    /// The issuer is not asked before then, and why.
    case issuerWaits(until: Date, reason: String)

    /// The store cannot be read; it is asked again then.
    case storeAway(until: Date, message: String)

    /// The machine's clock was set by so many seconds, forwards or (negative) back. Everything is worked out anew.
    case clockSet(seconds: Double)

    /// Nothing ran for so long beyond what was meant: the machine was asleep, or the process stopped.
    case wokeUp(late: Duration)
}
