public import Logging

public import struct Foundation.Date

/// Looks after stored sessions: generates, renews, sets, resumes, discards and takes back.
///
/// It is the only writer of sessions in a process, and works side by side with those of other processes and hosts on one
/// store. Every change is durable before its caller hears of it. A caller that is cancelled goes away alone:
/// what it began is finished. A program that ends calls ``finish(within:)`` first.
public actor SessionManager {
    /// Where the sessions are. For reading; changes go through the manager.
    public nonisolated let store: any SessionStore
    public nonisolated let policy: SessionPolicy

    /// The issuer's clock, by which sessions are judged.
    public nonisolated let clock: ServerClock

    /// Who the journal says it was: a program and its process ID.
    nonisolated let name: String
    nonisolated let issuer: IssuerAccess
    nonisolated let timing: Timing
    nonisolated let backoff: Backoff
    nonisolated let logger: Logger
    nonisolated let unstoredPairs = UnstoredPairs()
    private nonisolated let holder: String

    private var flights: [SessionID: RenewalFlight] = [:]
    private var underWay: [Int: Task<Void, Never>] = [:]
    private var lastNumber = 0
    private var recalling: Task<Void, Never>?

    private struct RenewalFlight {
        let flight = Flight<OpenedSession>()
        let urgency: RenewalRequest.Urgency
    }

    /// - Parameters:
    ///   - name: Who the journal says it was: a program and its process ID.
    ///   - clock: What waiting goes by.
    ///   - now: This machine's time, as it is set. What the issuer's answers tell of theirs is added to it.
    ///   - uptime: How long this machine has been running, by which a clock that was set between two processes is noticed.
    ///   - jitter: A number from 0 to 1, at random, by which pauses are chosen.
    ///   - logger: Is told what happens, without tokens. By default nobody is.
    public init(
        store: any SessionStore, issuer: any TokenIssuer, policy: SessionPolicy = SessionPolicy(), name: String,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> MachineUptime? = { MachineUptime.current() },
        jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger = Logger(label: "visitor-sessions") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.store = store
        self.policy = policy
        self.clock = ServerClock(wall: now, monotonic: clock, uptime: uptime)
        self.name = name
        self.issuer = IssuerAccess(issuer, policy: policy, clock: self.clock)
        timing = Timing(ticks: clock, clock: self.clock)
        backoff = Backoff(policy: policy, jitter: jitter)
        // Two managers may go by one name; a lease must tell them apart.
        holder = SessionLease.holder(named: name)
        self.logger = logger
    }

    /// The session with its tokens, to ask their issuer about them. Throws where that is another one than this manager's, which
    /// must not be told them.
    public nonisolated func openForIssuer(_ id: SessionID) async throws(SessionError) -> OpenedSession {
        let opened = try await store.open(id)
        try opened.session.requireIssuer(issuer.name)
        return opened
    }

    // MARK: Generating

    /// Asks the issuer for a new visitor, and stores it.
    ///
    /// Where the store fails, the error carries the pair (``SessionError/unstoredTokens``), which is tried to be stored
    /// from then on as long as the process lives.
    public func generate(label: String = "", clientID: String) async throws(SessionError) -> VisitorSession {
        // Before there is a visitor whose tokens could not be stored.
        guard !VisitorSession.hasControlCharacters(label) else { throw SessionError(.invalidLabel) }
        return try await beginGeneration(label: label, clientID: clientID).result().session
    }

    func beginGeneration(label: String, clientID: String) -> Flight<OpenedSession> {
        let flight = Flight<OpenedSession>()
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

    /// The session's tokens, with an access token that still works for `minimumLifetime` (and never less than
    /// the policy's leeway): renewed first where the stored one does not.
    ///
    /// A token that ends soon is returned as it is, and renewed behind the caller (``SessionPolicy/renewAhead``). One whose end
    /// nobody has told is taken to work until it is refused (``tokens(of:refused:)``). Where the renewal fails and
    /// the stored token still works, it is returned, unless a minimum lifetime was asked for. An issuer may give shorter
    /// lives than that: a token that was renewed just now is returned as it is.
    public func tokens(of id: SessionID, minimumLifetime: Duration = .zero) async throws(SessionError) -> Tokens {
        await recallClock()
        let opened = try await store.open(id)
        try opened.session.requireInUse()
        let now = clock.now
        let session = opened.session
        if session.accessExpiry == .unknown { return opened.tokens }
        let isAlive = session.accessExpiry.isAlive(at: now)
        if let windows = RenewalWindows(session, policy: policy), windows.waitFrom > now,
            session.accessExpiry.isAlive(at: now + minimumLifetime)
        {
            if windows.renewFrom <= now, policy.renewAhead > .zero { renewAhead(opened) }
            return opened.tokens
        }
        guard session.refreshExpiry != .absent || !isAlive else { return opened.tokens }
        do throws(SessionError) {
            return try await renew(id, .needed, observed: .init(opened)).tokens
        } catch {
            // A new pair that is not stored is worth more to its caller than the old one.
            let isFailure = [.transient, .configuration, .refused, .store].contains(error.kind)
            guard isFailure, error.unstoredTokens == nil, isAlive, minimumLifetime == .zero else { throw error }
            return opened.tokens
        }
    }

    /// The session's tokens after a server has refused `accessToken`, though it should work: others, where the session
    /// has got others meanwhile, and otherwise renewed ones.
    public func tokens(of id: SessionID, refused accessToken: Secret) async throws(SessionError) -> Tokens {
        let opened = try await store.open(id)
        try opened.session.requireInUse()
        guard opened.tokens.accessToken?.value == accessToken else { return try await tokens(of: id) }
        return try await renew(id, .needed, observed: .init(opened)).tokens
    }

    /// Redeems the session's refresh token for a new access token, whether or not the old one still works.
    ///
    /// Any number of concurrent callers, in any number of processes, make one request, and all get its answer.
    public func renew(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await renew(id, .demanded, observed: nil).session
    }

    /// Renews a session that still works, unless somebody else does, without waiting for a turn.
    func renewAhead(_ observed: OpenedSession) {
        guard observed.tokens.refreshToken != nil, flights[observed.session.id] == nil else { return }
        _ = startRenewal(observed.session.id, .ahead, observed: .init(observed))
    }

    func renew(
        _ id: SessionID, _ urgency: RenewalRequest.Urgency, observed: RenewalRequest.ObservedTokens?
    ) async throws(SessionError) -> OpenedSession {
        if let existing = flights[id] {
            do throws(SessionError) {
                return try await existing.flight.result()
            } catch {
                // One that nobody waited for gives up sooner than somebody who waits wants to.
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
            id: id, urgency: urgency, observed: observed, issuer: issuer.name, actor: name)
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

    /// Whoever comes before this gets the answer of this flight, even while its pair is not stored yet. Whoever has had
    /// the answer may ask anew, and must not find the old flight.
    private func complete(_ id: SessionID, with result: Result<OpenedSession, SessionError>) {
        flights.removeValue(forKey: id)?.flight.complete(with: result)
    }

    // MARK: The issuer's clock

    /// Begins with what the store knows of the issuer's clock, before this process has asked the issuer anything. Once:
    /// every later call returns at once. Renewing, and asking for tokens, begin with it; call it before ``clock`` is used
    /// for anything else.
    ///
    /// - Parameter again: Whether the store is read once more.
    public func recallClock(again: Bool = false) async {
        let recalling = again ? nil : recalling
        let task =
            recalling
            ?? Task { [clock, store, issuer, logger] in
                do throws(StoreError) {
                    try await clock.recall(issuer.name, from: store)
                } catch {
                    // The store's next use says what is wrong with it.
                    logger.debug("clock: \(error.message)")
                }
            }
        self.recalling = task
        await task.value
    }

    /// Learns the issuer's clock from an answer that is none to a request for tokens.
    ///
    /// - Parameter sent: All clocks when it was asked for: ``ServerClock/moment``.
    package func learnClock(_ serverDate: Date?, sent: Moment) async {
        await recallClock()
        clock.learn(serverDate, sent: sent)
        await storeClock()
    }

    /// Before callers have their answer: the process may exit with it.
    private func storeClock() async {
        do throws(StoreError) {
            try await clock.storeNews(of: issuer.name, in: store)
        } catch {
            // The pair is stored, or said not to be. The next answer tells the time again.
            logger.debug("clock: \(error.message)")
        }
    }

    // MARK: Ending

    /// Waits until everything that is under way is stored, for `limit` at most. Call it before the program ends: a
    /// renewal that is cut off leaves its session unresolved.
    ///
    /// Returns whether all is done.
    public func finish(within limit: Duration) async -> Bool {
        guard !underWay.isEmpty else { return true }
        let signal = AsyncSignal()
        let waiting = Task {
            await settle()
            signal.signal()
        }
        await signal.wait(atMost: limit, on: timing.ticks)
        waiting.cancel()
        return underWay.isEmpty
    }

    /// Waits until nothing is under way.
    func settle() async {
        while let task = underWay.values.first { await task.value }
    }

    /// Runs `work` to its end, whatever becomes of those who wait for it.
    func begin(_ work: @escaping @Sendable () async -> Void) {
        lastNumber += 1
        let number = lastNumber
        underWay[number] = Task {
            await self.recallClock()
            await work()
            self.end(number)
        }
    }

    private func end(_ number: Int) {
        underWay[number] = nil
    }
}

extension SessionStore {
    /// The session with its tokens. Throws where there is none.
    func open(_ id: SessionID) async throws(SessionError) -> OpenedSession {
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
    /// Notes how something went: what was asked, of which session, and never a token.
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
