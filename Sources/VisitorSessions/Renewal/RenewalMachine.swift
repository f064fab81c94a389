package import struct Foundation.Date

/// Decides one renewal of one session: takes events and returns actions.
///
/// A pure value without a clock, a store or a network. Invariants, in any order of events: a refresh token is sent only
/// under a lease that was just granted, and once per lease; a new pair is reported only after it is stored, or together
/// with the error; a session that was discarded or got other tokens is never overwritten; every wait ends.
struct RenewalMachine: Sendable {
    /// How long to retry recording a failure.
    static let recordingTimeout = Duration.seconds(2)

    /// The first pause before an unavailable store is retried. Pauses double up to a limit.
    static let initialBackoff = Duration.milliseconds(100)
    static let maximumBackoff = Duration.seconds(5)

    let request: RenewalRequest
    let policy: SessionPolicy
    let backoff: Backoff

    private enum State {
        case fresh
        case opening
        case leasing(OpenedSession)
        case waiting
        case asking(leased: OpenedSession, sentBefore: Date?, since: Duration)
        case storing(RenewalOutcome, RenewalOutcome.Write)
        case backingOff(RenewalOutcome)
        case reopening(RenewalOutcome)
        case ended
    }

    private var state = State.fresh
    /// When to stop waiting for others and retrying.
    private var deadline = Duration.zero

    /// When to stop waiting for the issuer's response.
    private var answerDeadline = Duration.zero
    private var observed: RenewalRequest.ObservedTokens?
    private var attempts = 0
    private var storeUnavailableSince: Duration?
    private var rest = Self.initialBackoff
    private var isReported = false

    /// When the current lease was requested. It is valid for at least its duration from then on, by the monotonic
    /// clock; the store's clock may differ from this machine's.
    private var leasedAt = Duration.zero
    private var lateLeases = 0

    /// The deadline of another holder's lease, by the store's clock. While it stays the same, the lease isn't requested
    /// again: reading is much cheaper for the store, and every change of any session wakes all waiters.
    private var heldUntil: Date?

    /// After this time the lease is requested anyway, because only the store knows its own clock.
    private static let lookTimeout = Duration.seconds(1)
    private static let lateLeaseLimit = 3

    init(_ request: RenewalRequest, policy: SessionPolicy, backoff: Backoff) {
        self.request = request
        self.policy = policy
        self.backoff = backoff
        observed = request.observed
    }

    /// Returns what to do after `event`, or `nil` if the event wasn't requested and changes nothing.
    mutating func next(_ event: Event, at moment: Moment) -> Action? {
        switch (state, event) {
        case (.fresh, .begun):
            (deadline, answerDeadline) = policy.deadlines(from: moment.elapsed)
            return open()
        case (.opening, .opened(let opened)): return judge(opened, at: moment)
        case (.opening, .notOpened(let error)): return finish(.failure(SessionError(error)))
        case (.leasing(let opened), .leased(let session)):
            // The process was suspended: the lease may have expired, and another process may have sent the token.
            if moment.elapsed - leasedAt >= policy.leaseDuration { return lateLease(at: moment) }
            return send(OpenedSession(session, tokens: opened.tokens), sentBefore: opened.session.sentAt, at: moment)
        case (.leasing, .notLeased(let refusal)): return wait(for: refusal, at: moment)
        case (.waiting, .waited): return open()
        case (.asking(let leased, let sentBefore, let start), .answered(let answer)):
            let outcome = outcome(of: answer, leased, sentBefore, after: moment.elapsed - start, at: moment)
            return store(outcome, on: leased, at: moment)
        case (.storing(let outcome, let write), .stored(let session)):
            return conclude(outcome, OpenedSession(session, tokens: write.tokens ?? write.current.tokens), at: moment)
        case (.storing(let outcome, _), .notStored(let error)), (.reopening(let outcome), .notOpened(let error)):
            return settle(outcome, after: error, at: moment)
        case (.backingOff(let outcome), .waited), (.backingOff(let outcome), .reported):
            state = .reopening(outcome)
            return .open
        case (.reopening(let outcome), .opened(let current)): return store(outcome, on: current, at: moment)
        default: return nil
        }
    }

    // MARK: Before the token is sent

    private mutating func open() -> Action {
        state = .opening
        return .open
    }

    private mutating func judge(_ opened: OpenedSession, at moment: Moment) -> Action {
        let observed = observed ?? RenewalRequest.ObservedTokens(opened)
        self.observed = observed
        // Another process was faster.
        guard observed.matches(opened) else { return finish(.success(opened)) }
        do throws(SessionError) {
            try requireRenewable(opened, observed)
        } catch {
            return finish(.failure(error))
        }
        if request.urgency != .demanded || attempts > 0,
            let end = opened.session.pauseEnd(at: moment.now, policy: policy)
        {
            return wait(
                until: moment.elapsed(at: end), orChange: true, else: "It's too early to retry.", at: moment)
        }
        if let heldUntil, opened.session.lease?.deadline == heldUntil,
            moment.elapsed - leasedAt < Self.lookTimeout
        {
            return wait(forLeaseUntil: heldUntil, at: moment)
        }
        state = .leasing(opened)
        leasedAt = moment.elapsed
        return .lease(opened.session)
    }

    private func requireRenewable(
        _ opened: OpenedSession, _ observed: RenewalRequest.ObservedTokens
    ) throws(SessionError) {
        let session = opened.session
        try session.requireInUse()
        guard opened.tokens.refreshToken != nil else { throw .withoutRefreshToken(session.id) }
        if !request.ignoresOwnIssuer { try session.requireIssuer(request.issuer) }
        // A person may ask the issuer again; a program doesn't repeat a request that was definitely refused.
        let isNewlyRefused = session.refusedAt != observed.session.refusedAt
        if isNewlyRefused || session.refusedAt != nil && request.urgency != .demanded { throw .refused(session.id) }
    }

    private mutating func wait(for refusal: LeaseRefusal, at moment: Moment) -> Action {
        switch refusal {
        case .changed: return open()
        case .failed(let error): return finish(.failure(SessionError(error)))
        case .busy(let until):
            heldUntil = until
            return wait(forLeaseUntil: until, at: moment)
        case .deferred(let held):
            return wait(until: held.until, orChange: false, else: held.reason, cause: held, at: moment)
        }
    }

    /// Waits until the other holder stores its result or its lease expires.
    private mutating func wait(forLeaseUntil until: Date?, at moment: Moment) -> Action {
        let end = min(until.map(moment.elapsed(atStore:)) ?? deadline, deadline - .nanoseconds(1))
        let lease = StoreError(.leased, "Another process is renewing it.")
        return wait(until: end, orChange: true, else: lease.message, cause: lease, at: moment)
    }

    /// The lease may have expired while this process was suspended: retry, three times at most.
    private mutating func lateLease(at moment: Moment) -> Action {
        lateLeases += 1
        guard lateLeases > Self.lateLeaseLimit else { return open() }
        return finish(
            .failure(
                SessionError(
                    .transient,
                    "Session \(request.id) wasn't renewed. The process was suspended too long. The session is unchanged.",
                    retryAfter: moment.wall)))
    }

    /// A duration for a message: `42 s` or `59 min`.
    private static func words(_ duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 1)
        return seconds < 100 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    /// Waits if it is worthwhile: not beyond the deadline, and not without waiters.
    private mutating func wait(
        until instant: Duration, orChange: Bool, else reason: String, cause: (any Error)? = nil, at moment: Moment
    ) -> Action {
        guard request.urgency != .ahead, instant < deadline, moment.elapsed < deadline else {
            return finish(
                .failure(
                    SessionError(
                        .transient,
                        "Session \(request.id) wasn't renewed. \(reason) Try again in \(Self.words(instant - moment.elapsed)).",
                        retryAfter: moment.wall(at: instant), cause: cause)))
        }
        state = .waiting
        return .wait(until: instant, orChange: orChange)
    }

    // MARK: After the token is sent

    private mutating func send(_ leased: OpenedSession, sentBefore: Date?, at moment: Moment) -> Action {
        guard let token = leased.tokens.refreshToken else { return finish(.failure(.withoutRefreshToken(request.id))) }
        state = .asking(leased: leased, sentBefore: sentBefore, since: moment.elapsed)
        return .send(token, clientID: leased.session.clientID, deadline: answerDeadline)
    }

    private mutating func outcome(
        of answer: Result<IssuedTokens, IssuerError>, _ leased: OpenedSession, _ sentBefore: Date?,
        after duration: Duration, at moment: Moment
    ) -> RenewalOutcome {
        attempts += 1
        var retryAt: Date?
        if case .failure(let error) = answer, error.kind != .refused {
            // A wrong setting doesn't fix itself.
            let pause =
                error.kind == .configuration ? policy.maximumBackoff : backoff.pause(after: leased.session.failures + 1)
            let asked =
                error.retryAfter.map {
                    min($0.timeIntervalSince(moment.wall), IssuerAccess.longestRetryAfter.inSeconds)
                } ?? 0
            retryAt = moment.now.addingTimeInterval(max(pause.inSeconds, asked))
        }
        return RenewalOutcome(
            leased: leased, sentBefore: sentBefore, answer: answer, duration: duration, issuer: request.issuer,
            isInBackground: request.urgency == .ahead, retryAt: retryAt)
    }

    private mutating func store(_ outcome: RenewalOutcome, on current: OpenedSession, at moment: Moment) -> Action {
        let write = outcome.applied(to: current, by: request.actor, at: moment.now)
        state = .storing(outcome, write)
        return .store(write)
    }

    /// Storing the outcome failed: retry it on the current session.
    private mutating func settle(_ outcome: RenewalOutcome, after error: StoreError, at moment: Moment) -> Action {
        if error.kind == .conflict {
            state = .reopening(outcome)
            return .open
        }
        let since = storeUnavailableSince ?? moment.elapsed
        storeUnavailableSince = since
        let failure = outcome.failure(unstored: error)
        guard error.isTransient else { return finish(.failure(failure)) }
        let isPair = outcome.renewedTokens != nil
        if !isReported, moment.elapsed - since >= (isPair ? policy.storeTimeout(for: error) : Self.recordingTimeout) {
            // If a failure can't be recorded, the session stays unresolved, which loses no tokens.
            guard isPair else { return finish(.failure(failure)) }
            isReported = true
            state = .backingOff(outcome)
            return .report(.failure(failure))
        }
        defer { rest = min(rest * 2, Self.maximumBackoff) }
        state = .backingOff(outcome)
        return .wait(until: moment.elapsed + rest, orChange: false)
    }

    private mutating func conclude(_ outcome: RenewalOutcome, _ stored: OpenedSession, at moment: Moment) -> Action {
        guard case .failure(let error) = outcome.answer else { return finish(.success(stored)) }
        let failure = SessionError(error, meaning: outcome.meaning(of: error))
        // A token that may have been redeemed is never resent automatically.
        guard error.kind == .transient, !error.mayHaveTakenEffect, attempts < policy.attempts,
            request.urgency != .ahead, let retryAt = stored.session.retryAt, moment.elapsed(at: retryAt) < deadline
        else { return finish(.failure(failure)) }
        storeUnavailableSince = nil
        state = .waiting
        return .wait(until: moment.elapsed(at: retryAt), orChange: false)
    }

    private mutating func finish(_ result: Result<OpenedSession, SessionError>) -> Action {
        state = .ended
        return .finish(result)
    }
}

extension VisitorSession {
    /// ``retryAt`` if it is in the future. A time beyond the longest pause comes from a clock that has been set back
    /// since, and is ignored.
    package func pauseEnd(at now: Date, policy: SessionPolicy) -> Date? {
        guard let retryAt, retryAt > now, retryAt <= now + max(IssuerAccess.longestRetryAfter, policy.maximumBackoff)
        else { return nil }
        return retryAt
    }
}

/// Exponential backoff with full jitter, so that clients that failed together don't retry together. Pauses are never
/// shorter than ``SessionPolicy/minimumBackoff``.
package struct Backoff: Sendable {
    let policy: SessionPolicy

    /// Returns a random number from 0 to 1.
    let jitter: @Sendable () -> Double

    package init(policy: SessionPolicy, jitter: @escaping @Sendable () -> Double) {
        self.policy = policy
        self.jitter = jitter
    }

    /// The pause after `failures` consecutive failures (at least 1).
    package func pause(after failures: Int) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let longest = min(policy.initialBackoff.inSeconds * Double(1 << doublings), policy.maximumBackoff.inSeconds)
        return max(.seconds(longest * jitter()), policy.minimumBackoff)
    }
}
