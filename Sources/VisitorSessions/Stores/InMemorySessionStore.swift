import Synchronization

public import struct Foundation.Date

/// Sessions in memory: for tests, for servers that need no persistence, and as the model that other stores are tested
/// against.
public final class InMemorySessionStore: SessionBrowser, StoreMaintenance {
    private let contents = Mutex(MemoryContents())
    private let signal = ChangeSignal()
    private let now: @Sendable () -> Date

    public init(now: @escaping @Sendable () -> Date = { Date() }) {
        self.now = now
    }

    public var name: String { "memory" }
    public var isReadOnly: Bool { false }

    // MARK: Reading

    public func session(_ id: SessionID) -> VisitorSession? {
        contents.withLock { $0.sessions[id]?.session }
    }

    public func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? {
        let opened = contents.withLock { $0.sessions[id] }
        if let damage = opened?.session.damage { throw .damaged(id, damage) }
        return opened
    }

    public func replacedTokens(of id: SessionID) -> ReplacedTokens? {
        contents.withLock { $0.replaced[id] }
    }

    public func sessions(named reference: String, limit: Int) -> [VisitorSession] {
        // An empty label matches nothing.
        guard !reference.isEmpty else { return [] }
        let digits = SessionReference.digits(reference)
        let named = all.filter { session in
            session.label == reference || digits.map { session.id.prefix(32).hasPrefix($0) } ?? false
        }
        func rank(_ session: VisitorSession) -> Int { session.label == reference ? 0 : 1 }
        let inOrder = named.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
        return Array(inOrder.prefix(limit))
    }

    public func sessions(holding token: Secret, since: Date, limit: Int) -> [VisitorSession] {
        Array(contents.withLock { $0.sessions(holding: token, since: since) }.prefix(limit))
    }

    public func page(_ query: SessionQuery) -> [VisitorSession] {
        let isBefore = query.sort.isBefore
        var listed = list(query).sorted { isBefore($0.position, $1.position) }
        switch query.start {
        case .first: listed = Array(listed.prefix(query.limit))
        case .last: listed = listed.suffix(query.limit)
        case .after(let place): listed = Array(listed.filter { isBefore(place, $0.position) }.prefix(query.limit))
        case .from(let place): listed = Array(listed.filter { !isBefore($0.position, place) }.prefix(query.limit))
        case .before(let place): listed = listed.filter { isBefore($0.position, place) }.suffix(query.limit)
        }
        return listed.map(\.session)
    }

    public func rank(of position: SessionPosition, in query: SessionQuery) -> SessionRank {
        let listed = list(query)
        return SessionRank(
            before: listed.count { query.sort.isBefore($0.position, position) }, total: listed.count)
    }

    /// The matching sessions, unsorted, with their positions.
    private func list(_ query: SessionQuery) -> [(position: SessionPosition, session: VisitorSession)] {
        let live = query.filter.dependsOnUse ? liveSessions(among: all.map(\.id)) : [:]
        return
            all
            .filter {
                query.filter.matches($0, in: $0.state(at: query.now, policy: query.policy), live: live[$0.id])
            }
            .map { (position: $0.position(by: query.sort.key), session: $0) }
    }

    public func counts(at now: Date, policy: SessionPolicy) -> SessionCounts {
        let (all, arrivals) = contents.withLock { ($0.sessions.values.map(\.session), $0.arrivals.values) }
        var counts = SessionCounts()
        for session in all {
            counts.states[session.state(at: now, policy: policy), default: 0] += 1
        }
        let kept = all.filter { $0.discardedAt == nil && $0.damage == nil }
        counts.nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.min()
        counts.nextChange = kept.compactMap { $0.nextStateChange(after: now, policy: policy) }.min()
        let steps = ExpiryHistogram.range(at: now)
        for expiry in kept.compactMap(\.accessExpiry.date) where expiry > now {
            let step = ExpiryHistogram.step(of: expiry)
            if steps.contains(step) { counts.expiries.counts[step, default: 0] += 1 }
        }
        for lookahead in SessionCounts.lookaheads {
            let near = all.filter {
                $0.nextStateChange(after: now, policy: policy).map { $0 <= now + lookahead } == true
            }
            guard near.count <= SessionCounts.predictionLimit else { continue }
            counts.predict(near, after: now, until: now + lookahead, policy: policy)
            break
        }
        counts.budgetUsedUntil = arrivals.max().flatMap { $0 > self.now() ? $0 : nil }
        return counts
    }

    public func history(of id: SessionID, limit: Int) -> [JournalEntry] {
        contents.withLock { contents in
            Array(contents.journal.lazy.reversed().filter { $0.session == id }.prefix(limit))
        }
    }

    public func journal(after position: Int, limit: Int) -> [JournalEntry] {
        contents.withLock { contents in
            Array(contents.journal.lazy.filter { $0.position > position }.prefix(limit))
        }
    }

    public func journalEnd() -> Int {
        contents.withLock(\.journalEnd)
    }

    private var all: [VisitorSession] {
        contents.withLock { $0.sessions.values.map(\.session) }
    }

    // MARK: Writing

    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        let now = now()
        return try change { contents throws(StoreError) in
            try contents.write(session, tokens: tokens, entry: entry, at: now) { existing throws(StoreError) in
                guard existing == nil else { throw .conflict(session.id) }
            }
        }
    }

    public func insert(new sessions: [NewSession]) throws(StoreError) -> [Insertion] {
        for new in sessions { try new.session.requireValidLabel() }
        let now = now()
        return try change { contents throws(StoreError) in
            try sessions.map { new throws(StoreError) in try contents.insert(new, at: now) }
        }
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) throws(StoreError) -> VisitorSession {
        let now = now()
        return try change { contents throws(StoreError) in
            try contents.write(session, tokens: tokens, entry: entry, at: now, keeping: replaced) {
                existing throws(StoreError) in
                guard let existing else { throw .notFound(session.id) }
                guard existing.version == session.version else { throw .conflict(session.id) }
            }
        }
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) throws(StoreError) -> VisitorSession {
        let now = now()
        var leased = session
        leased.lease = SessionLease(holder: holder, from: now, for: duration)
        leased.sentAt = now
        return try change { contents throws(StoreError) in
            try contents.write(leased, tokens: nil, entry: nil, at: now, spending: request) {
                existing throws(StoreError) in
                guard let existing else { throw .notFound(session.id) }
                if let lease = existing.lease, lease.blocks(holder, at: now) {
                    throw .leased(session.id, by: lease.holder, until: lease.deadline)
                }
                guard existing.version == session.version else { throw .conflict(session.id) }
            }
        }
    }

    public func spend(_ request: BudgetRequest, of clientID: String) throws(StoreError) {
        let now = now()
        try change { contents throws(StoreError) in try contents.spend(request, of: clientID, at: now) }
    }

    public func purge(_ retention: Retention, by actor: String, batch: Int) throws(StoreError) -> PurgeResult? {
        let now = now()
        return try change { contents throws(StoreError) in
            contents.purge(retention, by: actor, batch: batch, at: now)
        }
    }

    public func recordExpiries(
        after start: Date, until end: Date, by actor: String, batch: Int
    ) throws(StoreError) -> (count: Int, last: Date?) {
        let now = now()
        let recorded = contents.withLock {
            $0.recordExpiries(after: start, until: end, by: actor, batch: batch, at: now)
        }
        if recorded.count > 0 { signal.send() }
        return recorded
    }

    public func findings() -> [StoreFinding] { [] }

    /// Throws: nothing is sealed in memory.
    public func rotateKeys(
        by actor: String, keepsOldKeys: Bool, report: @Sendable (KeyRotationProgress) -> Void
    ) throws(StoreError) -> KeyRotationProgress {
        throw StoreError(.configuration, "This kind of store has no keys to rotate.")
    }

    /// Changes the contents and signals the change.
    private func change<Value>(
        _ body: (inout MemoryContents) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let value = try contents.withLock { contents throws(StoreError) in try body(&contents) }
        signal.send()
        return value
    }

    // MARK: Requests

    public func append(_ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration) {
        let now = now()
        contents.withLock { $0.append(requests, from: source, liveFor: duration, at: now) }
        signal.send()
    }

    public func requests(of id: SessionID, limit: Int) -> [LiveRequest] {
        contents.withLock { $0.requests.requests(of: id, limit: limit) }
    }

    public func requests(after position: Int, limit: Int) -> [LiveRequest] {
        contents.withLock { $0.requests.requests(after: position, limit: limit) }
    }

    public func requestsEnd() -> Int {
        contents.withLock(\.requests.end)
    }

    public func liveSessions(among sessions: [SessionID]) -> [SessionID: LiveSession] {
        let now = now()
        let used = contents.withLock { contents in
            contents.requests.liveSessions(at: now, substituting: Set(contents.substitutions.map(\.target)))
        }
        let asked = Set(sessions)
        return used.filter { asked.contains($0.key) }
    }

    // MARK: Places

    public func remember(_ place: TokenPlace) {
        contents.withLock { contents in
            contents.places.removeAll { ($0.origin, $0.kind, $0.name) == (place.origin, place.kind, place.name) }
            contents.places.append(place)
        }
    }

    public func placeOrigins() -> [String] {
        Set(contents.withLock(\.places).map(\.origin)).sorted()
    }

    public func places(of origin: String) -> [TokenPlace] {
        contents.withLock(\.places).filter { $0.origin == origin }
            .sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }

    // MARK: Substitutions

    public func substitute(
        _ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft
    ) throws(StoreError) {
        let now = now()
        try change { contents throws(StoreError) in
            try contents.substitute(id, with: target, entry: entry, at: now)
        }
    }

    public func substitutions() -> [Substitution] {
        contents.withLock(\.substitutions)
    }

    // MARK: The issuer's clock

    public func clockReading(of issuer: String, bootID: String) -> StoredClockReading? {
        let now = now()
        return contents.withLock { $0.clockReading(of: issuer, bootID: bootID, at: now) }
    }

    public func store(_ reading: ClockReading, of issuer: String) {
        let now = now()
        contents.withLock { $0.store(reading, of: issuer, at: now) }
    }

    // MARK: Changes

    public func changes() -> AsyncStream<Void> {
        signal.subscribe()
    }
}
