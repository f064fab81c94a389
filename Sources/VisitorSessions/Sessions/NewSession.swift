/// A session that is to be stored among many, with its tokens and what the journal is to say of it.
public struct NewSession: Sendable {
    public var session: VisitorSession
    public var tokens: Tokens
    public var entry: JournalEntry.Draft

    public init(_ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft) {
        self.session = session
        self.tokens = tokens
        self.entry = entry
    }

    /// What it is known by: its refresh token, or its access token where it has no other. `nil`: it has none.
    package var token: Secret? {
        tokens.refreshToken?.value ?? tokens.accessToken?.value
    }
}

/// What became of one of many new sessions.
public enum Insertion: Hashable, Sendable {
    /// It is stored, with its first version.
    case stored
    /// It is not stored: this session holds its token, or held it.
    case known(SessionID)
    /// It is not stored: another session has its ID.
    case taken
}
