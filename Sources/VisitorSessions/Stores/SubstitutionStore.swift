/// A running application that uses one session's tokens, and gets another session's in their place.
///
/// If both are the same session, its tokens were set while the application went on with those from before.
public struct Substitution: Hashable, Sendable {
    /// The session that the application uses.
    public var session: SessionID

    /// The session whose tokens are sent.
    public var target: SessionID

    public init(of session: SessionID, with target: SessionID) {
        (self.session, self.target) = (session, target)
    }
}

/// Keeps which sessions' tokens are substituted in running applications, until that is withdrawn.
public protocol SubstitutionStore: Sendable {
    /// Substitutes `target`'s tokens for the session's, or withdraws the substitution if `target` is `nil`. Writes the
    /// journal entry in either case.
    ///
    /// Throws ``StoreError/Kind-swift.enum/notFound`` if there is no such session.
    func substitute(
        _ id: SessionID, with target: SessionID?, entry: JournalEntry.Draft
    ) async throws(StoreError)

    /// All substitutions of sessions that are still stored, ordered by session.
    func substitutions() async throws(StoreError) -> [Substitution]
}

extension SubstitutionStore {
    /// Substitutes `target`'s tokens for the session's.
    ///
    /// - Parameter actor: The name of this process in the journal.
    package func substitute(_ id: SessionID, with target: SessionID, by actor: String) async throws(StoreError) {
        let outcome = id == target ? "by its set tokens" : "by session \(target)"
        try await substitute(id, with: target, entry: .init(.substituted, actor: actor, outcome: outcome))
    }

    package func withdrawSubstitution(of id: SessionID, by actor: String) async throws(StoreError) {
        try await substitute(id, with: nil, entry: .init(.withdrawn, actor: actor))
    }
}
