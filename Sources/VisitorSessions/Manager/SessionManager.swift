public import struct Foundation.Date
public import struct Foundation.UUID

/// Looks after stored sessions: generates, renews, sets, discards and takes back.
///
/// It is the only writer of sessions in a process, and works side by side with those of other processes on one
/// store. Every change is durable before its caller hears of it. A caller that is cancelled goes away alone:
/// what it began is finished.
public actor SessionManager {
    /// Where the sessions are. For reading; changes go through the manager.
    public nonisolated let store: any SessionStore
    public nonisolated let policy: SessionPolicy

    private let issuer: any TokenIssuer
    private let name: String
    private let holder: String
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date
    private var flights: [SessionID: Flight<VisitorSession>] = [:]

    /// - Parameters:
    ///   - name: Who the journal says it was: a program and its process ID.
    ///   - clock: What waiting goes by.
    ///   - now: What expiry goes by.
    public init(
        store: any SessionStore, issuer: any TokenIssuer, policy: SessionPolicy = SessionPolicy(), name: String,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.issuer = issuer
        self.policy = policy
        self.name = name
        // Two managers may go by one name; a lease must tell them apart.
        self.holder = SessionLease.holder(named: name)
        self.clock = clock
        self.now = now
    }

    // MARK: Finding

    /// The one session that `reference` names: an unambiguous prefix of its ID, or its label.
    public nonisolated func find(_ reference: String) async throws(SessionError) -> VisitorSession {
        let found: [VisitorSession]
        do {
            if let id = SessionID(reference) {
                found = [try await store.session(id)].compactMap(\.self)
            } else {
                found = try await store.sessions(named: reference, limit: 10)
            }
        } catch {
            throw SessionError(error)
        }
        return try SessionReference.choose(reference, among: found)
    }

    // MARK: Tokens

    /// Asks the issuer for a new visitor, and stores it.
    ///
    /// Where the store fails, the error carries the pair: ``SessionError/unstoredTokens``.
    public func generate(label: String = "", clientID: String) async throws(SessionError) -> VisitorSession {
        // A caller that goes away must not lose a visitor on the way.
        try await Flight { await self.newVisitor(label: label, clientID: clientID) }.result()
    }

    private func newVisitor(label: String, clientID: String) async -> Result<VisitorSession, SessionError> {
        do {
            let issued = try await issuer.generate(clientID: clientID)
            let tokens = Tokens(accessToken: issued.accessToken, refreshToken: issued.refreshToken)
            let session = VisitorSession(label: label, clientID: clientID, tokens: tokens, at: now())
            let entry = JournalEntry.Draft(.generated, actor: name, requestID: issued.requestID)
            return await insert(session, tokens, entry).mapError { error in
                SessionError(
                    .store, "A new visitor was issued and could not be stored. \(error.message)",
                    requestID: issued.requestID, unstoredTokens: tokens, cause: error)
            }
        } catch {
            return .failure(SessionError(error, meaning: "No session was made."))
        }
    }

    /// Stores a pair whose only copy is here, as often as it takes while the store is away.
    private func insert(
        _ session: VisitorSession, _ tokens: Tokens, _ entry: JournalEntry.Draft
    ) async -> Result<VisitorSession, StoreError> {
        var rounds = Int(policy.flightDeadline / Renewal.pause)
        while true {
            do {
                return .success(try await store.insert(session, tokens: tokens, entry: entry))
            } catch {
                rounds -= 1
                guard error.kind == .unavailable, rounds > 0 else { return .failure(error) }
            }
            do { try await clock.sleep(for: Renewal.pause) } catch { rounds = 0 }
        }
    }

    /// The session's tokens, with an access token that still works for `minimumLifetime` (and never less than
    /// the policy's leeway): renewed first where the stored one does not.
    ///
    /// An issuer may give shorter lives than that. A token that was renewed just now is returned as it is.
    public func tokens(of id: SessionID, minimumLifetime: Duration = .zero) async throws(SessionError) -> Tokens {
        let opened = try await store.open(id)
        try opened.session.requireInUse()
        let margin = max(minimumLifetime, policy.leeway)
        if opened.session.accessExpiry.isAlive(at: now() + margin) { return opened.tokens }
        if opened.tokens.refreshToken == nil, opened.session.accessExpiry.isAlive(at: now()) { return opened.tokens }
        _ = try await renew(id, unlessReplaced: opened.tokens)
        return try await store.open(id).tokens
    }

    /// Redeems the session's refresh token for a new access token, whether or not the old one still works.
    ///
    /// Any number of concurrent callers make one request, and all get its answer.
    public func renew(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await renew(id, unlessReplaced: nil)
    }

    /// - Parameter judged: The tokens that were found wanting. Others are taken as renewed already.
    private func renew(_ id: SessionID, unlessReplaced judged: Tokens?) async throws(SessionError) -> VisitorSession {
        if let flight = flights[id] { return try await flight.result() }
        let renewal = Renewal(
            id: id, judged: judged, store: store, issuer: issuer, policy: policy, name: name, holder: holder,
            clock: clock, now: now)
        let flight = Flight {
            let result = await renewal.run()
            await self.land(id)
            return result
        }
        flights[id] = flight
        return try await flight.result()
    }

    private func land(_ id: SessionID) {
        flights[id] = nil
    }

    /// Makes `tokens` the session's tokens, whatever is under way: a renewal that comes back later loses.
    ///
    /// Returns the session as it was before, so that it can be undone.
    ///
    /// - Parameters:
    ///   - clientID: The client that the tokens were given to. `nil`: the session's own.
    ///   - expected: The tokens to replace. Where the session has others by now nothing is changed. `nil`: any.
    public func set(
        _ tokens: Tokens, clientID: String? = nil, on id: SessionID, replacing expected: Tokens? = nil
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession) {
        var previous: OpenedSession?
        let session = try await change(id, .set, tokens: tokens) { opened throws(SessionError) in
            try opened.session.requireInUse()
            guard expected == nil || opened.tokens == expected else {
                throw SessionError(
                    .unsuitable, "Session \(id) has got other tokens in the meantime. They were left as they are.")
            }
            previous = opened
            opened.session.clientID = clientID ?? opened.session.clientID
            opened.session.visitorID = nil
            opened.session.take(tokens, at: now())
            opened.session.lease = nil
        }
        return (session, previous ?? OpenedSession(session, tokens: tokens))
    }

    /// Stores `tokens` as a new session.
    public func add(_ tokens: Tokens, label: String = "", clientID: String) async throws(SessionError) -> VisitorSession
    {
        let session = VisitorSession(label: label, clientID: clientID, tokens: tokens, at: now())
        do {
            return try await store.insert(
                session, tokens: tokens, entry: .init(.set, actor: name, outcome: "new session"))
        } catch {
            throw SessionError(error)
        }
    }

    // MARK: Sessions

    /// Puts the session away. It can be taken back within the policy's grace period.
    public func discard(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await change(id, .discarded) { opened throws(SessionError) in
            try opened.session.requireInUse()
            opened.session.discardedAt = now()
        }
    }

    /// Takes a discarded session back, as it was.
    public func restore(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await change(id, .restored) { opened throws(SessionError) in
            guard let discardedAt = opened.session.discardedAt else {
                throw SessionError(.unsuitable, "Session \(id) is not discarded: there is nothing to restore.")
            }
            guard discardedAt + policy.gracePeriod > now() else {
                throw SessionError(.unsuitable, "Session \(id) was discarded too long ago to be restored.")
            }
            opened.session.discardedAt = nil
        }
    }

    /// Calls the session `label`.
    public func label(_ id: SessionID, _ label: String) async throws(SessionError) -> VisitorSession {
        try await change(id, .labelled) { $0.session.label = label }
    }

    // MARK: Steps

    /// Applies `edit` to the session as it is now, as often as others come in between.
    private func change(
        _ id: SessionID, _ event: JournalEntry.Event, tokens: Tokens? = nil,
        _ edit: (inout OpenedSession) throws(SessionError) -> Void
    ) async throws(SessionError) -> VisitorSession {
        var rounds = 100
        while true {
            var opened = try await store.open(id)
            try edit(&opened)
            do {
                return try await store.update(opened.session, tokens: tokens, entry: .init(event, actor: name))
            } catch {
                rounds -= 1
                guard error.kind == .conflict, rounds > 0 else { throw SessionError(error) }
            }
        }
    }
}

extension SessionStore {
    /// The session with its tokens. Throws where there is none.
    func open(_ id: SessionID) async throws(SessionError) -> OpenedSession {
        let found: OpenedSession?
        do {
            found = try await opened(id)
        } catch {
            throw SessionError(error)
        }
        guard let found else { throw SessionError(.notFound(id)) }
        return found
    }
}

extension VisitorSession {
    /// Throws where the session is put away, or damaged.
    func requireInUse() throws(SessionError) {
        if let damage { throw SessionError(.damaged(id, damage)) }
        guard discardedAt == nil else {
            throw SessionError(.unsuitable, "Session \(id) is discarded. Restore it first.")
        }
    }
}
