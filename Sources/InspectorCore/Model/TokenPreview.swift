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

    public init(tokens: Tokens, shape: String, clientID: String? = nil, expiryUnit: String? = nil) {
        self.tokens = tokens
        self.shape = shape
        self.clientID = clientID
        self.expiryUnit = expiryUnit
    }
}
