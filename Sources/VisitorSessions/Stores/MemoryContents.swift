import struct Foundation.Date

/// The contents of a store in memory, and the rules for changing them. A call that throws changes nothing.
struct MemoryContents {
    private(set) var sessions: [SessionID: OpenedSession] = [:]
    private(set) var replaced: [SessionID: ReplacedTokens] = [:]
    private(set) var journal: [JournalEntry] = []
    private(set) var journalEnd = 0
    private(set) var arrivals: [String: Date] = [:]
    private(set) var requests = MemoryRequests()
    var places: [TokenPlace] = []
    private var targets: [SessionID: SessionID] = [:]

    /// The latest readings of issuers' clocks, oldest first.
    private var clocks: [(issuer: String, reading: ClockReading, storedAt: Date)] = []

    /// The session in use that holds each refresh token; there is at most one.
    private var holders: [Secret: SessionID] = [:]
    private var maintenanceLock: MaintenanceLock?

    /// Computes the journal's fingerprints.
    private let seal = TokenSeal(SealingKey())

    var substitutions: [Substitution] {
        targets.map { Substitution(of: $0.key, with: $0.value) }
            .filter { sessions[$0.session] != nil && sessions[$0.target] != nil }
            .sorted { $0.session < $1.session }
    }

    // MARK: Writing

    mutating func substitute(
        _ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft, at now: Date
    ) throws(StoreError) {
        guard sessions[id] != nil else { throw .notFound(id) }
        targets[id] = target
        append(entry, to: id, at: now)
    }

    /// Writes a session with its next version. If `tokens` is `nil`, the stored tokens are kept.
    mutating func write(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, at now: Date,
        spending request: BudgetRequest? = nil, keeping replaced: ReplacedTokens? = nil,
        after check: (VisitorSession?) throws(StoreError) -> Void
    ) throws(StoreError) -> VisitorSession {
        let existing = sessions[session.id]
        if let damage = existing?.session.damage { throw .damaged(session.id, damage) }
        try check(existing?.session)
        try session.requireValidLabel(replacing: existing?.session.label)
        var written = OpenedSession(session, tokens: tokens ?? existing?.tokens ?? Tokens())
        written.session.version += 1
        try requireUnique(written)
        if let request { try spend(request, of: session.clientID, at: now) }

        forgetHolder(existing)
        sessions[session.id] = written
        if let replaced { self.replaced[session.id] = replaced }
        if written.session.discardedAt == nil, let token = written.tokens.refreshToken?.value {
            holders[token] = session.id
        }
        if let entry { append(entry, to: session.id, at: now) }
        return written.session
    }

    mutating func insert(_ new: NewSession, at now: Date) throws(StoreError) -> Insertion {
        if let token = new.token, isMentioned(token) {
            let known = sessions(holding: token, since: .distantPast)
            if let holder = known.first(where: { $0.discardedAt == nil }) ?? known.first {
                return .duplicate(holder.id)
            }
        }
        guard sessions[new.session.id] == nil else { return .idConflict }
        _ = try write(new.session, tokens: new.tokens, entry: new.entry, at: now) { _ in }
        return .stored
    }

    private func requireUnique(_ written: OpenedSession) throws(StoreError) {
        guard written.session.discardedAt == nil, let token = written.tokens.refreshToken?.value,
            let holder = holders[token], holder != written.session.id
        else { return }
        throw .duplicate(of: holder)
    }

    private mutating func forgetHolder(_ opened: OpenedSession?) {
        guard let opened, let token = opened.tokens.refreshToken?.value, holders[token] == opened.session.id else {
            return
        }
        holders[token] = nil
    }

    mutating func spend(_ request: BudgetRequest, of clientID: String, at now: Date) throws(StoreError) {
        switch request.budget.decide(arrival: arrivals[clientID], now: now, tier: request.tier) {
        case .granted(let arrival): arrivals[clientID] = arrival
        case .notBefore(let date): throw .overBudget(until: date)
        }
    }

    private mutating func append(_ entry: JournalEntry.Draft, to id: SessionID, at now: Date) {
        journalEnd += 1
        let tokens = sessions[id]?.tokens
        let token = tokens?.refreshToken?.value ?? tokens?.accessToken?.value
        journal.append(
            JournalEntry(
                position: journalEnd, at: now, session: id, fingerprint: token.map(seal.fingerprint), draft: entry))
    }

    mutating func append(
        _ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration, at now: Date
    ) {
        self.requests.append(
            requests, from: source, liveFor: duration, at: now, fingerprint: seal.fingerprint)
    }

    // MARK: The issuer's clock

    func clockReading(of issuer: String, bootID: String, at now: Date) -> StoredClockReading? {
        let known = clocks.filter { $0.issuer == issuer }
        let found = known.last { $0.reading.uptime.bootID == bootID } ?? known.last
        return found.map { StoredClockReading($0.reading, storedAt: $0.storedAt, readAt: now) }
    }

    mutating func store(_ reading: ClockReading, of issuer: String, at now: Date) {
        clocks.removeAll {
            $0.issuer == issuer
                && ($0.reading.uptime.bootID == reading.uptime.bootID || $0.storedAt + StoredClockReading.age <= now)
        }
        clocks.append((issuer, reading, now))
    }

    mutating func recordExpiries(after start: Date, until end: Date, by actor: String, batch: Int, at now: Date)
        -> (count: Int, last: Date?)
    {
        let expired = sessions.values.map(\.session).filter { session in
            guard session.discardedAt == nil, session.damage == nil, let expiry = session.accessExpiry.date,
                expiry > start, expiry <= end
            else { return false }
            let newest = journal.last {
                $0.session == session.id && JournalEntry.Event.ofTokens.contains($0.draft.event)
            }
            return newest?.draft.event != .expired
        }.sorted { $0.accessExpiry < $1.accessExpiry }.prefix(batch)
        for session in expired {
            append(JournalEntry.Draft(.expired, actor: actor), to: session.id, at: now)
        }
        return (expired.count, expired.last?.accessExpiry.date)
    }

    // MARK: Purging

    mutating func purge(_ retention: Retention, by actor: String, batch: Int, at now: Date) -> PurgeResult? {
        if let maintenanceLock, maintenanceLock.blocks(actor, at: now) { return nil }
        let overdue = sessions.values.map(\.session).filter { session in
            session.damage == nil
                && session.discardedAt.map { $0 + retention.gracePeriod <= now } ?? false
                && session.lease.map { $0.deadline <= now } ?? true
        }
        for session in overdue.prefix(batch) {
            sessions[session.id] = nil
            replaced[session.id] = nil
            requests.delete(session.id)
            append(JournalEntry.Draft(.purged, actor: actor), to: session.id, at: now)
        }
        func isExpired(_ entry: JournalEntry) -> Bool {
            entry.at + retention.journalAge <= now || entry.position <= journalEnd - retention.journalCount
        }
        let count = journal.count
        let oldest = journal.prefix(batch)
        journal.replaceSubrange(oldest.indices, with: oldest.filter { !isExpired($0) })
        let trimmed = count - journal.count
        arrivals = arrivals.filter { $0.value > now }
        requests.trim(at: now)
        let isMoreLeft = overdue.count > batch || (trimmed == batch && journal.first.map(isExpired) ?? false)
        maintenanceLock = isMoreLeft ? MaintenanceLock(by: actor, at: now) : nil
        return PurgeResult(
            purgedSessions: min(overdue.count, batch), trimmedEntries: trimmed, isMoreLeft: isMoreLeft)
    }

    // MARK: Lookup by token

    private func isMentioned(_ token: Secret) -> Bool {
        let fingerprint = seal.fingerprint(token)
        return journal.contains { $0.fingerprint == fingerprint }
            || sessions.values.contains {
                $0.tokens.accessToken?.value == token || $0.tokens.refreshToken?.value == token
            }
    }

    /// The sessions that hold `token`, then those that held it at `since` or later.
    func sessions(holding token: Secret, since: Date) -> [VisitorSession] {
        let fingerprint = seal.fingerprint(token)
        let present = sessions.values.filter { opened in
            opened.tokens.accessToken?.value == token || opened.tokens.refreshToken?.value == token
        }
        let past = sessions.values.filter { opened in
            let entries = journal.filter { $0.session == opened.session.id }
            guard let last = entries.lastIndex(where: { $0.fingerprint == fingerprint }) else { return false }
            let next = entries.indices.contains(last + 1) ? entries[last + 1] : nil
            return entries[last].at >= since || next.map { $0.at > since } ?? false
        }
        let holders = Set(present.map(\.session.id))
        return present.map(\.session).sorted { $0.id < $1.id }
            + past.map(\.session).filter { !holders.contains($0.id) }.sorted { $0.id < $1.id }
    }
}
