public import VisitorSessions

/// What was understood of pasted tokens, before they are set.
public struct TokenPreview: Sendable {
    public var tokens: Tokens

    /// The shape it came in, in the words of a person.
    public var shape: String

    /// The client ID that stands beside the tokens, where one does.
    public var clientID: String?

    /// How its expiry was written, such as “seconds”.
    public var expiryUnit: String?

    /// The sessions in use that hold the same refresh token, or the same access token where that is all there is.
    public var holders: [VisitorSession] = []

    /// A discarded session that holds the token, where none in use does.
    public var discardedHolder: VisitorSession?

    /// What was left out, put right or kept, in sentences.
    public var notes: [String] = []

    /// What the session would lose by these tokens, in a sentence: it is asked first.
    public var warning: String?

    /// The session's tokens of which one is in ``tokens``: these are set only in their place.
    public var replacing: Tokens?

    public init(tokens: Tokens, shape: String, clientID: String? = nil, expiryUnit: String? = nil) {
        self.tokens = tokens
        self.shape = shape
        self.clientID = clientID
        self.expiryUnit = expiryUnit
    }
}
