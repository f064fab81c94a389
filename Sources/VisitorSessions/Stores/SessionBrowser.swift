public import struct Foundation.Date

/// A store that people can browse: what the inspector and the command line need beside ``SessionStore``.
///
/// | what a person does | what is called |
/// |---|---|
/// | scrolls a list, in either direction | ``page(_:)``, keyset paging from a position, never by offset |
/// | looks at the scroll bar | ``rank(of:in:)`` |
/// | looks at the header and the histogram | ``counts(at:policy:)``, after each change and at ``SessionCounts/nextChange`` |
/// | names a session | ``find(_:)``, that is ``sessions(named:limit:)`` or ``session(_:)`` |
/// | opens a session's details | ``session(_:)``, ``history(of:limit:)``, ``SessionStore/opened(_:)`` |
/// | follows what happens | ``events(after:clock:)``, that is ``journal(after:limit:)`` and ``journalEnd()`` |
///
/// No call holds the whole table in memory, and none but ``rank(of:in:)`` takes time in proportion to it.
public protocol SessionBrowser: SessionStore {
    /// Where the store is, in words for a person, without passwords.
    var name: String { get }

    /// The session as it is now, even if it is damaged. `nil` if there is no such session.
    func session(_ id: SessionID) async throws(StoreError) -> VisitorSession?

    /// The sessions whose ID begins with the hexadecimal digits of `reference` (dashes don't count) or whose label is
    /// `reference`: at most `limit`, discarded ones included, those with the label first. An empty reference matches none.
    func sessions(named reference: String, limit: Int) async throws(StoreError) -> [VisitorSession]

    /// A part of a list, in the order of the list.
    func page(_ query: SessionQuery) async throws(StoreError) -> [VisitorSession]

    /// How many sessions come before `position` in the list that `query` describes, and how many that list has.
    /// The query's start and limit don't matter.
    ///
    /// This may take as long as a look at every session of the list. Cancelling the task ends it.
    func rank(of position: SessionPosition, in query: SessionQuery) async throws(StoreError) -> SessionRank

    /// How many sessions are in each state, and when their access tokens expire.
    func counts(at now: Date, policy: SessionPolicy) async throws(StoreError) -> SessionCounts

    // MARK: Journal

    /// The newest entries of one session, newest first.
    func history(of id: SessionID, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// The entries of all sessions after `position`, oldest first. Reading on from the last one misses none.
    func journal(after position: Int, limit: Int) async throws(StoreError) -> [JournalEntry]

    /// The newest position that was ever assigned, even if its entry has been trimmed. 0 if there is none.
    func journalEnd() async throws(StoreError) -> Int
}

extension SessionBrowser {
    public func sessions(
        toRenewFrom issuer: String, at now: Date, limit: Int
    ) async throws(StoreError) -> [VisitorSession] {
        var filter = SessionFilter()
        filter.autoRenew = true
        filter.issuer = issuer
        // Sessions that are being renewed are included: the store's clock, not `now`, says whether their lease has expired.
        filter.states = [.valid, .expiring, .expired, .unresolved, .renewing]
        return try await page(SessionQuery(filter: filter, limit: limit, now: now, policy: SessionPolicy()))
    }

    /// The one session that `reference` names: an unambiguous prefix of its ID, or its label.
    public func find(_ reference: String) async throws(SessionError) -> VisitorSession {
        let found: [VisitorSession]
        do throws(StoreError) {
            if let id = SessionID(reference) {
                found = [try await session(id)].compactMap(\.self)
            } else {
                found = try await sessions(named: reference, limit: 10)
            }
        } catch {
            throw SessionError(error)
        }
        return try SessionReference.choose(reference, among: found)
    }
}

extension SessionReference {
    /// The one session of those that `reference` found. A label goes before a prefix of a few digits.
    static func choose(
        _ reference: String, among found: [VisitorSession]
    ) throws(SessionError) -> VisitorSession {
        let labelled = found.filter { $0.label == reference }
        // From six digits on people mean IDs: a label of that kind must not hide one.
        let isLikeID = (digits(reference)?.count ?? 0) >= 6
        let candidates = labelled.isEmpty || isLikeID ? found : labelled
        guard let session = candidates.first else {
            throw SessionError(
                .notFound, "No session is called \(InputRedactor.quoted(reference)). The list shows what there is.")
        }
        guard candidates.count == 1 else {
            let names = candidates.map { $0.id.prefix(12) }.joined(separator: ", ")
            throw SessionError(
                .ambiguous, "\(InputRedactor.quoted(reference)) could be any of \(names). Type more of the ID.")
        }
        return session
    }
}
