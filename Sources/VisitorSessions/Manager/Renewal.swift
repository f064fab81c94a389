import struct Foundation.Date

/// One renewal of one session, from its lease to its stored result.
///
/// What the answer means is decided by ``RenewalOutcome``; this does it. It runs in a task that nobody cancels.
struct Renewal: Sendable {
    /// How long to wait before looking again at a session that somebody else renews, or at a store that is away.
    static let pause = Duration.milliseconds(100)

    let id: SessionID

    /// The tokens that were found wanting. Where the session has others by now there is nothing to do. `nil`:
    /// renewed whatever it has.
    let judged: Tokens?
    let store: any SessionStore
    let issuer: any TokenIssuer
    let policy: SessionPolicy
    let name: String
    let holder: String
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date

    func run() async -> Result<VisitorSession, SessionError> {
        do {
            return .success(try await renew())
        } catch {
            return .failure(error)
        }
    }

    /// How often to look before giving up. Counted, for a wall clock may be set back meanwhile.
    private var rounds: Int {
        max(Int(policy.flightDeadline / Self.pause), 1)
    }

    private func renew() async throws(SessionError) -> VisitorSession {
        var current = try await store.open(id)
        let asked = (tokens: judged ?? current.tokens, refusedAt: current.session.refusedAt)
        for _ in 0..<rounds {
            if current.tokens != asked.tokens { return current.session }  // Somebody else was faster.
            try requireRenewable(current)
            if current.session.refusedAt != asked.refusedAt {
                throw SessionError(.refused, "The issuer has just refused the refresh token of session \(id).")
            }
            if let leased = try await lease(current) { return try await redeem(leased, before: current.session) }
            try await pause()
            current = try await store.open(id)
        }
        throw SessionError(
            .transient, "Session \(id) is being renewed by somebody else, who takes long. It is kept; try again.")
    }

    private func requireRenewable(_ opened: OpenedSession) throws(SessionError) {
        try opened.session.requireInUse()
        guard opened.tokens.refreshToken != nil else {
            throw SessionError(
                .unsuitable, "Session \(id) has no refresh token: it cannot be renewed. Set tokens that have one.")
        }
    }

    /// `nil`: somebody else has the lease, or has just written the session. Look again.
    private func lease(_ opened: OpenedSession) async throws(SessionError) -> OpenedSession? {
        do {
            let session = try await store.lease(opened.session, to: holder, for: policy.leaseDuration, within: nil)
            return OpenedSession(session, tokens: opened.tokens)
        } catch {
            guard [.leased, .conflict].contains(error.kind) else { throw SessionError(error) }
            return nil
        }
    }

    /// Sends the refresh token, which is marked as sent already, and stores what comes of it.
    private func redeem(
        _ leased: OpenedSession, before: VisitorSession
    ) async throws(SessionError) -> VisitorSession {
        guard let sent = leased.tokens.refreshToken else { return leased.session }
        let answer: Result<IssuedTokens, IssuerError>
        do {
            answer = .success(try await issuer.renew(sent, clientID: leased.session.clientID))
        } catch {
            answer = .failure(error)
        }
        let outcome = RenewalOutcome(leased: leased, sentBefore: before.sentAt, sent: sent, answer: answer)
        let settled: Result<VisitorSession, StoreError> = await settle(outcome)
        switch (answer, settled) {
        case (.success, .success(let session)):
            return session
        case (.success(let issued), .failure(let error)):
            throw SessionError(
                .store, "The session was renewed, and the result could not be stored. \(error.message)",
                requestID: issued.requestID, unstoredTokens: outcome.renewedTokens, cause: error)
        case (.failure(let error), .success):
            throw SessionError(error, meaning: error.meaningForSession)
        case (.failure(let error), .failure(let unstored)):
            throw SessionError(
                error, meaning: "\(error.meaningForSession) That could not be noted: \(unstored.message)")
        }
    }

    /// Stores the outcome on the session as it is by now, as often as it takes.
    private func settle(_ outcome: RenewalOutcome) async -> Result<VisitorSession, StoreError> {
        var current = outcome.leased
        var failure = StoreError.conflict(id)
        for _ in 0..<rounds {
            do {
                let write = outcome.applied(to: current, by: name, at: now())
                return .success(try await store.update(write.session, tokens: write.tokens, entry: write.entry))
            } catch {
                failure = error
            }
            guard [.conflict, .unavailable].contains(failure.kind) else { break }
            do {
                if failure.kind == .unavailable { try await clock.sleep(for: Self.pause) }
                guard let next = try await store.opened(id) else { return .failure(.notFound(id)) }
                current = next
            } catch {
                // The store is away for reading, too: the next round tells.
            }
        }
        return .failure(failure)
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
