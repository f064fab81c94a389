public import VisitorSessions

public import struct Foundation.Date

/// What is shown of one opened session.
public struct SessionDetails: Sendable {
    public var session: VisitorSession
    public var access: TokenDescription?
    public var refresh: TokenDescription?

    /// Newest first.
    public var history: [JournalEntry]

    /// Why there is nothing to show of its tokens.
    public var problem: String?

    public init(
        session: VisitorSession, access: TokenDescription? = nil, refresh: TokenDescription? = nil,
        history: [JournalEntry] = [], problem: String? = nil
    ) {
        self.session = session
        self.access = access
        self.refresh = refresh
        self.history = history
        self.problem = problem
    }
}

/// A token as it can be shown: what it says, not what it is.
public struct TokenDescription: Sendable {
    public struct Claim: Hashable, Sendable {
        public enum Value: Hashable, Sendable {
            case text(String)
            case time(Date)
        }

        public var name: String
        public var value: Value

        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// The name of its format.
    public var format: String

    /// How long it is, in characters.
    public var length: Int
    public var claims: [Claim]

    public init(format: String, length: Int, claims: [Claim]) {
        self.format = format
        self.length = length
        self.claims = claims
    }
}
