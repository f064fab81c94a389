import struct Foundation.Date

/// One renewal of one session, from its lease to its stored result.
///
/// What the answer means is decided by ``RenewalOutcome``; this does it. It runs in a task that nobody cancels.
struct Renewal: Sendable {
    /// How long to wait before looking again at a session that somebody else renews, or at a store that is away.
    private static let pause = Duration.milliseconds(100)

    let id: SessionID
    let store: any SessionStore
    let issuer: any TokenIssuer
    let policy: SessionPolicy
    let name: String
    let holder: String
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date

    init(
        of id: SessionID, store: any SessionStore, issuer: any TokenIssuer, policy: SessionPolicy, name: String,
        holder: String, clock: any Clock<Duration>, now: @escaping @Sendable () -> Date
    ) {
        self.id = id
        self.store = store
        self.issuer = issuer
        self.policy = policy
        self.name = name
        self.holder = holder
        self.clock = clock
        self.now = now
    }

    func run() async -> Result<VisitorSession, SessionError> {
        do {
            return .success(try await renew())
        } catch {
            return .failure(error)
        }
    }

    private func renew() async throws(SessionError) -> VisitorSession {
        guard let asked = try await read() else { throw SessionError(.notFound(id)) }
        let deadline = now() + policy.flightDeadline
        var current = asked
        while true {
            if current.tokens != asked.tokens { return current.session }  // Somebody else was faster.
            try requireRenewable(current)
            if current.session.refusedAt != asked.session.refusedAt {
                throw SessionError(.refused, "The issuer has just refused the refresh token of session \(id).")
            }
            do {
                current.session = try await store.lease(current.session, to: holder, for: policy.leaseDuration)
                return try await redeem(current)
            } catch let error as StoreError where error.kind == .leased && now() < deadline {
                try await pause()
            } catch let error as StoreError where error.kind == .conflict {
                // Written in between: look again.
            } catch let error as StoreError {
                throw SessionError(error)
            } catch let error as SessionError {
                throw error
            } catch {
                throw SessionError(.transient, "The session was not renewed.", cause: error)
            }
            guard let next = try await read() else { throw SessionError(.notFound(id)) }
            current = next
        }
    }

    private func requireRenewable(_ opened: OpenedSession) throws(SessionError) {
        try opened.session.requireInUse()
        guard opened.tokens.refreshToken != nil else {
            throw SessionError(
                .unsuitable, "Session \(id) has no refresh token: it cannot be renewed. Set tokens that have one.")
        }
    }

    /// Sends the refresh token, which is marked as sent already, and stores what comes of it.
    private func redeem(_ leased: OpenedSession) async throws(SessionError) -> VisitorSession {
        guard let sent = leased.tokens.refreshToken else { return leased.session }
        let answer: Result<IssuedTokens, IssuerError>
        do {
            answer = .success(try await issuer.renew(sent, clientID: leased.session.clientID))
        } catch {
            answer = .failure(error)
        }
        let stored = try await settle(RenewalOutcome(sent: sent, answer: answer, holder: holder), on: leased)
        if case .failure(let error) = answer { throw SessionError(error, meaning: error.meaningForSession) }
        return stored
    }

    /// Stores the outcome on the session as it is by now, as often as it takes.
    private func settle(
        _ outcome: RenewalOutcome, on leased: OpenedSession
    ) async throws(SessionError) -> VisitorSession {
        let deadline = now() + policy.flightDeadline
        var current = leased
        while true {
            let settled = outcome.applied(to: current, by: name, at: now())
            do {
                return try await store.update(settled.session, tokens: settled.tokens, entry: settled.entry)
            } catch  where error.kind == .conflict {
                guard let next = try await read() else { throw SessionError(.notFound(id)) }
                current = next
            } catch  where error.kind == .unavailable && now() < deadline {
                try await pause()
            } catch {
                throw SessionError(
                    .store, "The session was renewed, and the result could not be stored. \(error.message)",
                    unstoredTokens: settled.tokens, cause: error)
            }
        }
    }

    private func read() async throws(SessionError) -> OpenedSession? {
        do {
            return try await store.opened(id)
        } catch {
            throw SessionError(error)
        }
    }

    private func pause() async throws(SessionError) {
        do {
            try await clock.sleep(for: Self.pause)
        } catch {
            throw SessionError(.cancelled, "The renewal was abandoned; the session is as it was.", cause: error)
        }
    }
}

extension IssuerError {
    /// What a failed renewal means for the session, and what to do.
    var meaningForSession: String {
        switch kind {
        case .refused: "The session cannot be renewed any more: generate a new one, or set other tokens."
        case .configuration: "The session is kept; correct the setting and renew again."
        case .transient where mayHaveTakenEffect:
            "The session is unresolved: whether it was renewed shows when you renew it again."
        case .transient, .unknown: "The session is kept; try again."
        }
    }
}
