public import VisitorSessions

/// Tokens as they were found in a text, and how they stood there.
public struct ReadTokens: Hashable, Sendable {
    public var tokens: Tokens

    /// The name of the shape, for people.
    public var shape: String

    /// The OAuth client, where the shape names it.
    public var clientID: String?

    /// How the shape writes the access token's expiry.
    public var expiryUnit: ExpiryUnit

    public init(tokens: Tokens, shape: String, clientID: String? = nil, expiryUnit: ExpiryUnit = .none) {
        self.tokens = tokens
        self.shape = shape
        self.clientID = clientID
        self.expiryUnit = expiryUnit
    }
}
