public import Foundation
public import VisitorSessions

/// A store that forwards everything to another one. Implement a method to make it fail, pause or count calls.
public protocol ForwardingStore: SessionBrowser, StoreMaintenance {
    associatedtype Store: SessionBrowser & StoreMaintenance
    var store: Store { get }
}

extension ForwardingStore {
    public var name: String { store.name }
    public var isReadOnly: Bool { store.isReadOnly }

    public func session(_ id: SessionID) async throws(StoreError) -> VisitorSession? {
        try await store.session(id)
    }

    public func opened(_ id: SessionID) async throws(StoreError) -> OpenedSession? {
        try await store.opened(id)
    }

    public func replacedTokens(of id: SessionID) async throws(StoreError) -> ReplacedTokens? {
        try await store.replacedTokens(of: id)
    }

    public func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession] {
        try await store.sessions(named: reference, limit: limit)
    }

    public func sessions(
        holding token: Secret, since: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        try await store.sessions(holding: token, since: since, limit: limit)
    }

    public func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession] {
        try await store.page(query)
    }

    public func rank(
        of position: SessionPosition, in query: SessionQuery
    ) async throws(StoreError) -> SessionRank {
        try await store.rank(of: position, in: query)
    }

    public func counts(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCounts {
        try await store.counts(at: now, policy: policy)
    }

    public func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) async throws(StoreError) -> VisitorSession {
        try await store.insert(session, tokens: tokens, entry: entry)
    }

    public func insert(new sessions: [NewSession]) async throws(StoreError) -> [Insertion] {
        try await store.insert(new: sessions)
    }

    public func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) async throws(StoreError) -> VisitorSession {
        try await store.update(session, tokens: tokens, entry: entry, keeping: replaced)
    }

    public func lease(
        _ session: VisitorSession, to holder: String, for duration: Duration, within request: BudgetRequest?
    ) async throws(StoreError) -> VisitorSession {
        try await store.lease(session, to: holder, for: duration, within: request)
    }

    public func spend(_ request: BudgetRequest, of clientID: String) async throws(StoreError) {
        try await store.spend(request, of: clientID)
    }

    public func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await store.history(of: id, limit: limit)
    }

    public func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        try await store.journal(after: position, limit: limit)
    }

    public func journalEnd() async throws(StoreError) -> Int {
        try await store.journalEnd()
    }

    public func purge(_ retention: Retention, by actor: String, batch: Int) async throws(StoreError) -> PurgeResult? {
        try await store.purge(retention, by: actor, batch: batch)
    }

    public func recordExpiries(
        after start: Date, until now: Date, by actor: String, batch: Int
    ) async throws(StoreError) -> (count: Int, last: Date?) {
        try await store.recordExpiries(after: start, until: now, by: actor, batch: batch)
    }

    @discardableResult
    public func checkpoint() async throws(StoreError) -> Bool {
        try await store.checkpoint()
    }

    public func findings() async throws(StoreError) -> [StoreFinding] {
        try await store.findings()
    }

    public func rotateKeys(
        by actor: String, keepsOldKeys: Bool, report: @Sendable (KeyRotationProgress) -> Void
    ) async throws(StoreError) -> KeyRotationProgress {
        try await store.rotateKeys(by: actor, keepsOldKeys: keepsOldKeys, report: report)
    }

    public func clockReading(of issuer: String, bootID: String) async throws(StoreError) -> StoredClockReading? {
        try await store.clockReading(of: issuer, bootID: bootID)
    }

    public func store(_ reading: ClockReading, of issuer: String) async throws(StoreError) {
        try await store.store(reading, of: issuer)
    }

    public func append(
        _ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration
    ) async throws(StoreError) {
        try await store.append(requests, from: source, liveFor: duration)
    }

    public func requests(of id: SessionID, limit: Int) async throws(StoreError) -> [LiveRequest] {
        try await store.requests(of: id, limit: limit)
    }

    public func requests(after position: Int, limit: Int) async throws(StoreError) -> [LiveRequest] {
        try await store.requests(after: position, limit: limit)
    }

    public func requestsEnd() async throws(StoreError) -> Int {
        try await store.requestsEnd()
    }

    public func liveSessions(among sessions: [SessionID]) async throws(StoreError) -> [SessionID: LiveSession] {
        try await store.liveSessions(among: sessions)
    }

    public func remember(_ place: TokenPlace) async throws(StoreError) {
        try await store.remember(place)
    }

    public func placeOrigins() async throws(StoreError) -> [String] {
        try await store.placeOrigins()
    }

    public func places(of origin: String) async throws(StoreError) -> [TokenPlace] {
        try await store.places(of: origin)
    }

    public func substitute(
        _ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft
    ) async throws(StoreError) {
        try await store.substitute(id, with: target, entry: entry)
    }

    public func substitutions() async throws(StoreError) -> [Substitution] {
        try await store.substitutions()
    }

    public func changes() -> AsyncStream<Void> {
        store.changes()
    }
}
