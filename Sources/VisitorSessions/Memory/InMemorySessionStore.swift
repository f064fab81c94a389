import Synchronization

public import struct Foundation.Date

/// Sessions in this process's memory: for tests, for servers that need nothing to last, and as the model of
/// what the other stores do.
public final class InMemorySessionStore: SessionStore {
    private struct Contents {
        var sessions: [SessionID: OpenedSession] = [:]
        var journal: [JournalEntry] = []
        var observers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextObserver = 0
    }

    private let contents = Mutex(Contents())
    private let now: @Sendable () -> Date

    /// A store whose clock is `now`.
    public init(now: @escaping @Sendable () -> Date = { Date() }) {
        self.now = now
    }

    public var name: String { "memory" }

    // MARK: Reading

    public func session(_ id: SessionID) -> VisitorSession? {
        contents.withLock { $0.sessions[id]?.session }
    }

    public func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? {
        let opened = contents.withLock { $0.sessions[id] }
        if let damage = opened?.session.damage { throw .damaged(id, damage) }
        return opened
    }

    public func sessions(named reference: String, limit: Int) -> [VisitorSession] {
        // An empty label is none.
        guard !reference.isEmpty else { return [] }
        let digits = SessionReference.digits(reference)
        let all = contents.withLock { $0.sessions.values.map(\.session) }
        let named = all.filter { session in
            session.label == reference || digits.map { session.id.prefix(32).hasPrefix($0) } ?? false
        }
        func rank(_ session: VisitorSession) -> Int { session.label == reference ? 0 : 1 }
        let inOrder = named.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
        return Array(inOrder.prefix(limit))
    }

    public func page(_ query: SessionQuery) -> [VisitorSession] {
        let all = contents.withLock { $0.sessions.values.map(\.session) }
        let key = query.sort.key
        var listed =
            all
            .filter { query.filter.matches($0, in: $0.state(at: query.now, policy: query.policy)) }
            .map { (position: $0.position(by: key), session: $0) }
            .sorted { query.sort.descending ? $0.position > $1.position : $0.position < $1.position }
        func isBefore(_ left: SessionPosition, _ right: SessionPosition) -> Bool {
            query.sort.descending ? left > right : left < right
        }
        switch query.start {
        case .first: listed = Array(listed.prefix(query.limit))
        case .last: listed = listed.suffix(query.limit)
        case .after(let place): listed = Array(listed.filter { isBefore(place, $0.position) }.prefix(query.limit))
        case .from(let place): listed = Array(listed.filter { !isBefore($0.position, place) }.prefix(query.limit))
        case .before(let place): listed = listed.filter { isBefore($0.position, place) }.suffix(query.limit)
        }
        return listed.map(\.session)
    }

    public func census(at now: Date, policy: SessionPolicy) -> SessionCensus {
        let all = contents.withLock { $0.sessions.values.map(\.session) }
        var census = SessionCensus()
        for session in all {
            census.counts[session.state(at: now, policy: policy), default: 0] += 1
        }
        let kept = all.filter { $0.discardedAt == nil }
        census.nextExpiry = kept.compactMap(\.accessExpiry.date).filter { $0 > now }.min()
        census.nextChange = kept.compactMap { $0.nextStateChange(after: now, policy: policy) }.min()
        return census
    }

    public func history(of id: SessionID, limit: Int) -> [JournalEntry] {
        contents.withLock { contents in
            Array(contents.journal.lazy.reversed().filter { $0.session == id }.prefix(limit))
        }
    }

    public func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observer = contents.withLock { contents in
            contents.nextObserver += 1
            contents.observers[contents.nextObserver] = continuation
            return contents.nextObserver
        }
        continuation.onTermination = { [weak self] _ in
            self?.contents.withLock { $0.observers[observer] = nil }
        }
        return stream
    }

    // MARK: Writing

    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        try write(session, tokens: tokens, entry: entry) { existing throws(StoreError) in
            guard existing == nil else { throw .conflict(session.id) }
        }
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
    ) throws(StoreError) -> VisitorSession {
        try write(session, tokens: tokens, entry: entry) { existing throws(StoreError) in
            guard let existing else { throw .notFound(session.id) }
            guard existing.version == session.version else { throw .conflict(session.id) }
        }
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration
    ) throws(StoreError) -> VisitorSession {
        let now = now()
        var leased = session
        leased.lease = SessionLease(holder: holder, deadline: now + duration)
        leased.sentAt = now
        return try write(leased, tokens: nil, entry: nil) { existing throws(StoreError) in
            guard let existing else { throw .notFound(session.id) }
            if let lease = existing.lease, lease.deadline > now, lease.holder != holder {
                throw .leased(session.id, by: lease.holder)
            }
            guard existing.version == session.version else { throw .conflict(session.id) }
        }
    }

    private func write(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?,
        after check: (VisitorSession?) throws(StoreError) -> Void
    ) throws(StoreError) -> VisitorSession {
        let now = now()
        let (written, observers) = try contents.withLock { contents throws(StoreError) in
            let existing = contents.sessions[session.id]
            if let damage = existing?.session.damage { throw .damaged(session.id, damage) }
            try check(existing?.session)
            var written = session
            written.version += 1
            contents.sessions[session.id] = OpenedSession(written, tokens: tokens ?? existing?.tokens ?? Tokens())
            if let entry {
                let position = (contents.journal.last?.position ?? 0) + 1
                contents.journal.append(JournalEntry(position: position, at: now, session: session.id, draft: entry))
            }
            return (written, Array(contents.observers.values))
        }
        for observer in observers { observer.yield() }
        return written
    }
}
