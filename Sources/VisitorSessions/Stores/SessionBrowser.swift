public import struct Foundation.Date

/// A store that people can browse: what the inspector and the command line need besides ``SessionStore``.
///
/// | to | the program calls |
/// |---|---|
/// | scroll a list in either direction | ``page(_:)``, keyset paging from a position, never by offset |
/// | show the scroll bar | ``rank(of:in:)`` |
/// | show the header and histogram | ``counts(at:policy:)``, after each change and at ``SessionCounts/nextChange`` |
/// | find a session by its reference | ``find(_:)``, that is ``sessions(named:limit:)`` or ``session(_:)`` |
/// | show a session's details | ``session(_:)``, ``history(of:limit:)``, ``SessionStore/opened(_:)`` |
/// | follow events | ``events(after:clock:)``, that is ``journal(after:limit:)`` and ``journalEnd()`` |
/// | show which sessions are live, and their requests | the calls of ``RequestStore`` |
/// | open a browser as a visitor | the calls of ``PlaceStore`` |
/// | give a running application other tokens | the calls of ``SubstitutionStore`` |
///
/// No call loads the whole table, and only ``rank(of:in:)`` takes time proportional to it.
public protocol SessionBrowser: SessionStore, RequestStore, PlaceStore, SubstitutionStore {
    /// The store's location for display, without passwords.
    var name: String { get }

    /// The current session, even if damaged. `nil` if there is no such session.
    func session(_ id: SessionID) async throws(StoreError) -> VisitorSession?

    /// The sessions whose ID begins with the hexadecimal digits of `reference` (ignoring dashes) or whose label is
    /// `reference`: at most `limit`, including discarded ones, label matches first. An empty reference matches none.
    func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession]

    /// A page of a list, in list order.
    func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession]

    /// How many sessions come before `position` in the list of `query`, and how many the list has. Ignores the query's
    /// start and limit.
    ///
    /// May scan the whole list. Cancelling the task stops it.
    func rank(of position: SessionPosition, in query: SessionQuery) async throws(StoreError) -> SessionRank

    /// The number of sessions in each state, and when their access tokens expire.
    func counts(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCounts

    /// The results of ``liveSessions(among:)`` and ``substitutions()``. A list reads them with each page.
    func use(of sessions: [SessionID]) async throws(StoreError) -> SessionUse

    // MARK: Journal

    /// The newest entries of one session, newest first.
    func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// The entries of all sessions after `position`, oldest first. Continuing from the last one misses none.
    func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// The highest position ever assigned, even if its entry has been trimmed. 0 if there is none.
    func journalEnd() async throws(StoreError) -> Int
}

extension SessionBrowser {
    /// The default implementation, which reads the store twice.
    public func use(of sessions: [SessionID]) async throws(StoreError) -> SessionUse {
        SessionUse(live: try await liveSessions(among: sessions), substitutions: try await substitutions())
    }

    public func sessions(
        toRenewFrom issuer: String, at now: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        var filter = SessionFilter()
        filter.autoRenew = true
        // The application that uses a live session renews it itself.
        filter.isLive = false
        filter.issuer = issuer
        // Includes sessions being renewed, because the store's clock decides whether their lease has expired.
        filter.states = [.valid, .expiring, .expired, .unresolved, .renewing]
        return try await page(SessionQuery(filter: filter, limit: limit, now: now, policy: SessionPolicy()))
    }

    /// The session that `reference` identifies: an unambiguous prefix of its ID, or its label.
    ///
    /// - Parameter discarded: Which sessions are preferred if both discarded ones and others match.
    public func find(_ reference: String, discarded: Bool = false) async throws(SessionError) -> VisitorSession {
        let found: [VisitorSession]
        do throws(StoreError) {
            if let id = SessionID(reference) {
                found = [try await session(id)].compactMap(\.self)
            } else {
                found = try await sessions(named: reference, limit: 100)
            }
        } catch {
            throw SessionError(error)
        }
        let preferred = found.filter { ($0.discardedAt != nil) == discarded }
        return try SessionReference.choose(reference, among: preferred.isEmpty ? found : preferred)
    }
}

extension SessionReference {
    /// Chooses among the matches of `reference`. A label takes precedence over a short prefix.
    static func choose(
        _ reference: String, among found: [VisitorSession]
    ) throws(SessionError) -> VisitorSession {
        let labeled = found.filter { $0.label == reference }
        // Six digits or more usually mean an ID, which a label must not hide.
        let isLikeID = (digits(reference)?.count ?? 0) >= 6
        let candidates = labeled.isEmpty || isLikeID ? found : labeled
        guard let session = candidates.first else {
            throw SessionError(
                .notFound,
                "No session matches \(InputRedactor.quoted(reference)). Specify a whole label or the start of an ID; `session-inspector list` lists all sessions."
            )
        }
        guard candidates.count == 1 else {
            let names = candidates.prefix(10).map { $0.id.prefix(12) }.joined(separator: ", ")
            throw SessionError(
                .ambiguous,
                "\(InputRedactor.quoted(reference)) matches several sessions. Use one of their IDs: \(names)."
            )
        }
        return session
    }
}

extension SessionBrowser {
    /// The journal entry of the `set` that gave the session its current tokens, if that can be undone.
    package func undoableSet(of id: SessionID) async throws(StoreError) -> JournalEntry? {
        let last = try await history(of: id, limit: 50).first { [.generated, .renewed, .set].contains($0.draft.event) }
        guard let last, last.draft.event == .set, last.draft.outcome != JournalEntry.setUndone,
            try await replacedTokens(of: id) != nil
        else { return nil }
        return last
    }
}
