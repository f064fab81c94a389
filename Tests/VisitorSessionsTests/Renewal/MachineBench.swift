import Foundation

@testable import VisitorSessions

/// A renewal machine, its session, and a manual clock.
struct MachineBench {
    var policy: SessionPolicy
    var machine: RenewalMachine
    var moment: Moment
    var opened: OpenedSession

    init(
        _ urgency: RenewalRequest.Urgency = .needed, attempts: Int = 3, policy: SessionPolicy = SessionPolicy(),
        change: (inout OpenedSession) -> Void = { _ in }
    ) {
        self.policy = policy
        self.policy.attempts = attempts
        self.policy.flightDeadline = .seconds(66)
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        moment = Moment(elapsed: .seconds(1000), wall: start, now: start)
        let tokens = Tokens(
            accessToken: AccessToken(Secret("access-old"), expiresAt: start - .seconds(60)),
            refreshToken: RefreshToken(Secret("refresh-old")))
        opened = OpenedSession(
            VisitorSession(clientID: "client", issuer: "issuer", tokens: tokens, at: start - .seconds(14_460)),
            tokens: tokens)
        opened.session.version = 7
        change(&opened)
        let request = RenewalRequest(
            id: opened.session.id, urgency: urgency, observed: nil, issuer: "issuer", actor: "test 1")
        machine = RenewalMachine(request, policy: self.policy, backoff: Backoff(policy: self.policy, jitter: { 1 }))
    }

    mutating func next(_ event: RenewalMachine.Event) -> RenewalMachine.Action? {
        machine.next(event, at: moment)
    }

    mutating func advance(_ duration: Duration) {
        moment.elapsed += duration
        moment.wall = moment.wall + duration
        moment.now = moment.now + duration
    }

    /// The session as the store returns it after a lease.
    var leased: VisitorSession {
        var session = opened.session
        session.version += 1
        session.lease = SessionLease(holder: "test 1", deadline: moment.wall + .seconds(60))
        session.sentAt = moment.wall
        return session
    }

    /// Runs until the refresh token is sent.
    mutating func send() {
        _ = next(.begun)
        _ = next(.opened(opened))
        _ = next(.leased(leased))
    }

    /// The issuer's response.
    func issued(_ name: String = "new", refresh: String? = nil) -> IssuedTokens {
        IssuedTokens(
            accessToken: AccessToken(Secret("access-\(name)"), expiresAt: moment.now + .seconds(14_400)),
            refreshToken: refresh.map { RefreshToken(Secret($0)) }, requestID: "request-\(name)")
    }
}

extension RenewalMachine.Action {
    var write: RenewalOutcome.Write? {
        guard case .store(let write) = self else { return nil }
        return write
    }

    /// When the wait ends, and whether a change ends it.
    var waiting: (until: Duration, orChange: Bool)? {
        guard case .wait(let until, let orChange) = self else { return nil }
        return (until, orChange)
    }

    var isOpen: Bool { if case .open = self { true } else { false } }
    var isLease: Bool { if case .lease = self { true } else { false } }
    var isSend: Bool { if case .send = self { true } else { false } }

    var success: OpenedSession? {
        guard case .finish(.success(let opened)) = self else { return nil }
        return opened
    }

    var failure: SessionError? {
        guard case .finish(.failure(let error)) = self else { return nil }
        return error
    }

    var reported: SessionError? {
        guard case .report(.failure(let error)) = self else { return nil }
        return error
    }
}
