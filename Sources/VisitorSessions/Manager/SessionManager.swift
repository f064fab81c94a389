public import Logging

public import struct Foundation.Date

/// Manages stored sessions: generates, renews, sets, resumes, discards and restores them.
///
/// It is the only writer of sessions in its process, and shares the store safely with managers in other processes and
/// on other hosts. Every change is durable before its caller sees it. Cancelling a caller doesn't cancel the work it
/// started. Call ``finish(within:)`` before the program exits.
public actor SessionManager {
    /// The store, for reading. Make changes through the manager.
    public nonisolated let store: any SessionStore
    public nonisolated let policy: SessionPolicy

    /// The issuer's clock, by which sessions expire.
    public nonisolated let clock: ServerClock

    /// The name of this process in the journal: program and process ID.
    package nonisolated let name: String
    nonisolated let issuer: IssuerAccess

    /// The issuer's name, as recorded in sessions.
    package nonisolated var issuerName: String { issuer.name }
    nonisolated let timing: Timing
    nonisolated let backoff: Backoff
    nonisolated let logger: Logger
    nonisolated let unstoredPairs = UnstoredPairs()
    nonisolated let holder: String

    private var flights: [SessionID: RenewalFlight] = [:]
    private(set) var underWay: [Int: Task<Void, Never>] = [:]
    private var lastNumber = 0
    private var recalling: Task<Void, Never>?
    private var ignoringOwnIssuer: Set<SessionID> = []

    nonisolated let others: OtherManagers

    private struct RenewalFlight {
        let flight = Flight<OpenedSession>()
        let urgency: RenewalRequest.Urgency
    }

    /// - Parameters:
    ///   - name: The name of this process in the journal: program and process ID.
    ///   - clock: The clock to wait on.
    ///   - now: This machine's wall clock. The issuer's offset is added to it.
    ///   - uptime: This machine's uptime, which reveals clock changes between two processes.
    ///   - jitter: Returns a random number from 0 to 1, for pauses.
    ///   - logger: Receives events without tokens. By default nothing is logged.
    ///   - managerForIssuer: Makes the manager that renews another issuer's sessions in the same store. Takes the
    ///     issuer's name, and is called once for each such issuer. `nil`: they can't be renewed.
    public init(
        store: any SessionStore, issuer: any TokenIssuer, policy: SessionPolicy = SessionPolicy(), name: String,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> MachineUptime? = { MachineUptime.current() },
        jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger = Logger(label: "visitor-sessions") { _ in SwiftLogNoOpLogHandler() },
        managerForIssuer: @escaping @Sendable (String) -> SessionManager? = { _ in nil }
    ) {
        self.store = store
        self.policy = policy
        self.clock = ServerClock(wall: now, monotonic: clock, uptime: uptime)
        self.name = name
        self.issuer = IssuerAccess(issuer, policy: policy, clock: self.clock)
        timing = Timing(ticks: clock, clock: self.clock)
        backoff = Backoff(policy: policy, jitter: jitter)
        // Two managers may have the same name; their leases must differ.
        holder = SessionLease.holder(named: name)
        self.logger = logger
        others = OtherManagers(managerForIssuer)
    }

    /// The manager that renews a session: this one, or the one for its issuer.
    package nonisolated func manager(for session: VisitorSession) -> SessionManager {
        guard let issuer = session.issuer, issuer != issuerName else { return self }
        return others.manager(for: issuer) ?? self
    }

    /// Whether this manager, or one that it makes, renews the sessions of an issuer.
    package nonisolated func serves(_ issuer: String) -> Bool {
        issuer == issuerName || others.manager(for: issuer) != nil
    }

    /// Returns the session with its tokens for a request to their issuer. Throws if that isn't this manager's issuer.
    public func openForIssuer(_ id: SessionID) async throws(SessionError) -> OpenedSession {
        let opened = try await store.open(id)
        if !ignoringOwnIssuer.contains(id) { try opened.session.requireIssuer(issuer.name) }
        return opened
    }

    /// From now on, sends the session's tokens to this manager's issuer, although the store says that another one
    /// granted them. Only a person can decide that.
    ///
    /// If the issuer grants new tokens, the session belongs to it. If it refuses, the session is unchanged, because the
    /// session's own issuer may still accept the token.
    package func sendTokensToThisIssuer(of id: SessionID) {
        ignoringOwnIssuer.insert(id)
    }

    // MARK: Generating

    /// Requests a new visitor from the issuer and stores it.
    ///
    /// If the store fails, the error carries the pair (``SessionError/unstoredTokens``). Storing it is retried for the
    /// life of the process.
    public func generate(label: String = "", clientID: String) async throws(SessionError) -> VisitorSession {
        // Checked before a visitor exists whose tokens couldn't be stored.
        guard !VisitorSession.hasControlCharacters(label) else { throw SessionError(.invalidLabel) }
        return try await beginGeneration(label: label, clientID: clientID).result().session
    }

    func beginGeneration(label: String, clientID: String) -> Flight<OpenedSession> {
        let flight = Flight<OpenedSession>(continuation: Generation.continuation)
        let generation = Generation(
            label: label, clientID: clientID, store: store, issuer: issuer, policy: policy, actor: name,
            backoff: backoff,
            timing: timing)
        begin { [logger, unstoredPairs] in
            await generation.run { result in
                await self.storeClock()
                logger.note("generate", result)
                unstoredPairs.note(result)
                flight.complete(with: result)
            }
        }
        return flight
    }

    // MARK: Tokens

    /// Returns the session's tokens, with an access token that works for at least `minimumLifetime` (never less than
    /// the policy's leeway), renewing it if necessary.
    ///
    /// A token that expires soon is returned and renewed in the background (``SessionPolicy/renewAhead``). A token with
    /// unknown expiry is used until it is refused (``tokens(of:refused:)``). If the renewal fails but the stored token
    /// still works, the token is returned, unless a minimum lifetime was requested. If the issuer grants shorter
    /// lifetimes, a token that was just renewed is returned anyway.
    public func tokens(of id: SessionID, minimumLifetime: Duration = .zero) async throws(SessionError) -> Tokens {
        await loadClock()
        let opened = try await store.open(id)
        try opened.session.requireInUse()
        let now = clock.now
        let session = opened.session
        if session.accessExpiry == .unknown { return opened.tokens }
        let isUsable = session.accessExpiry.isUsable(at: now)
        if let windows = RenewalWindows(session, policy: policy), windows.waitFrom > now,
            session.accessExpiry.isUsable(at: now + minimumLifetime)
        {
            if windows.renewFrom <= now, policy.renewAhead > .zero { renewAhead(opened) }
            return opened.tokens
        }
        guard session.refreshExpiry != .absent || !isUsable else { return opened.tokens }
        do throws(SessionError) {
            return try await renew(id, .needed, observed: .init(opened)).tokens
        } catch {
            // A new pair that couldn't be stored is worth more to the caller than the old one.
            let isFailure = [.transient, .configuration, .refused, .store].contains(error.kind)
            guard isFailure, error.unstoredTokens == nil, isUsable, minimumLifetime == .zero else { throw error }
            return opened.tokens
        }
    }

    /// Returns the session's tokens after a server refused `accessToken`: newer ones if the session has them, otherwise
    /// renewed ones.
    public func tokens(of id: SessionID, refused accessToken: Secret) async throws(SessionError) -> Tokens {
        let opened = try await store.open(id)
        try opened.session.requireInUse()
        guard opened.tokens.accessToken?.value == accessToken else { return try await tokens(of: id) }
        return try await renew(id, .needed, observed: .init(opened)).tokens
    }

    /// Redeems the session's refresh token for a new access token, whether or not the old one still works.
    ///
    /// Concurrent callers, in any number of processes, share one request and its result.
    public func renew(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await renew(id, .demanded, observed: nil).session
    }

    /// Starts a renewal in the background, unless another one is in flight.
    func renewAhead(_ observed: OpenedSession) {
        guard observed.tokens.refreshToken != nil, flights[observed.session.id] == nil else { return }
        _ = startRenewal(observed.session.id, .ahead, observed: .init(observed))
    }

    func renew(
        _ id: SessionID, _ urgency: RenewalRequest.Urgency, observed: RenewalRequest.ObservedTokens?
    ) async throws(SessionError) -> OpenedSession {
        do throws(SessionError) {
            return try await renewFromIssuer(id, urgency, observed: observed)
        } catch {
            guard let issuer = error.otherIssuer, let other = others.manager(for: issuer) else { throw error }
            return try await other.renewFromIssuer(id, urgency, observed: observed)
        }
    }

    /// Renews a session of this manager's issuer, or joins its renewal.
    private func renewFromIssuer(
        _ id: SessionID, _ urgency: RenewalRequest.Urgency, observed: RenewalRequest.ObservedTokens?
    ) async throws(SessionError) -> OpenedSession {
        if let existing = flights[id] {
            do throws(SessionError) {
                return try await existing.flight.result()
            } catch {
                // A background renewal gives up sooner than a waiting caller wants to.
                guard existing.urgency == .ahead, urgency != .ahead, error.kind == .transient else { throw error }
                if let other = flights[id] { return try await other.flight.result() }
            }
        }
        return try await startRenewal(id, urgency, observed: observed).result()
    }

    private func startRenewal(
        _ id: SessionID, _ urgency: RenewalRequest.Urgency, observed: RenewalRequest.ObservedTokens?
    ) -> Flight<OpenedSession> {
        let renewal = Renewal(
            id: id, store: store, issuer: issuer, policy: policy, holder: holder,
            tier: urgency == .ahead ? .background : .foreground, timing: timing)
        let request = RenewalRequest(
            id: id, urgency: urgency, observed: observed, issuer: issuer.name,
            ignoresOwnIssuer: ignoringOwnIssuer.contains(id), actor: name)
        let machine = RenewalMachine(request, policy: policy, backoff: backoff)
        let entry = RenewalFlight(urgency: urgency)
        flights[id] = entry
        begin { [logger, unstoredPairs] in
            let result = await renewal.run(machine) { result in
                logger.note("renew", result, of: id)
                unstoredPairs.note(result)
                entry.flight.complete(with: result)
            }
            logger.note("renew", result, of: id)
            unstoredPairs.note(result)
            await self.storeClock()
            await self.complete(id, with: result)
        }
        return entry.flight
    }

    /// Callers that join before this point share this result, even while its pair isn't stored yet. Later callers must
    /// not find the old flight.
    private func complete(_ id: SessionID, with result: Result<OpenedSession, SessionError>) {
        flights.removeValue(forKey: id)?.flight.complete(with: result)
    }

    // MARK: The issuer's clock

    /// Loads what the store knows of the issuer's clock, before this process has contacted the issuer. Only the first
    /// call does anything. Renewing and requesting tokens call it; call it yourself before using ``clock`` for anything
    /// else.
    ///
    /// - Parameter again: Whether to read the store again.
    public func loadClock(again: Bool = false) async {
        let recalling = again ? nil : recalling
        let task =
            recalling
            ?? Task { [clock, store, issuer, logger] in
                do throws(StoreError) {
                    try await clock.recall(issuer.name, from: store)
                } catch {
                    // The next use of the store reports the problem.
                    logger.debug("clock: \(error.message)")
                }
            }
        self.recalling = task
        await task.value
    }

    /// Learns the issuer's clock from a response other than a token response.
    ///
    /// - Parameter sent: All clocks when the request was sent: ``ServerClock/moment``.
    package func learnClock(_ serverDate: Date?, sent: Moment) async {
        await loadClock()
        clock.learn(serverDate, sent: sent)
        await storeClock()
    }

    /// Runs before callers get their result, because the process may exit right after.
    private func storeClock() async {
        do throws(StoreError) {
            try await clock.storeOffsetIfChanged(for: issuer.name, in: store)
        } catch {
            // The pair itself is stored or reported as unstored. The next response provides the time again.
            logger.debug("clock: \(error.message)")
        }
    }

    /// Runs `work` to the end, even if its waiters are cancelled.
    func begin(_ work: @escaping @Sendable () async -> Void) {
        lastNumber += 1
        let number = lastNumber
        underWay[number] = Task {
            await self.loadClock()
            await work()
            self.end(number)
        }
    }

    private func end(_ number: Int) {
        underWay[number] = nil
    }
}

extension SessionStore {
    /// Returns the session with its tokens. Throws if it doesn't exist.
    package func open(_ id: SessionID) async throws(SessionError) -> OpenedSession {
        let found: OpenedSession?
        do throws(StoreError) {
            found = try await opened(id)
        } catch {
            throw SessionError(error)
        }
        guard let found else { throw SessionError(.notFound(id)) }
        return found
    }
}

extension Logger {
    /// Logs the result of an operation, without tokens.
    func note(_ what: String, _ result: Result<OpenedSession, SessionError>, of id: SessionID? = nil) {
        switch result {
        case .success(let opened):
            debug("\(what): done", metadata: ["session": "\(opened.session.id)"])
        case .failure(let error):
            var metadata: Metadata = ["kind": "\(error.kind.rawValue)"]
            if let id { metadata["session"] = "\(id)" }
            if let requestID = error.requestID { metadata["request"] = "\(requestID)" }
            warning("\(what): \(error.message)", metadata: metadata)
        }
    }
}
