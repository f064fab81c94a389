public import VisitorSessions

/// Tokens as they were found in a text, and how they stood there.
///
/// There is one way to make one, through ``TokenSlots``: no reader can forget what a placeholder is.
public struct ReadTokens: Hashable, Sendable {
    public private(set) var tokens: Tokens

    /// The name of the shape, for people.
    public internal(set) var shape: String

    /// The OAuth client, where the shape names it.
    public internal(set) var clientID: String?

    /// How the shape writes the access token's expiry.
    public private(set) var expiryUnit: ExpiryUnit

    /// What a person should know of how they were read, in sentences: what was left out or put right.
    public private(set) var notes: [String]

    init(
        _ slots: TokenSlots, shape: String, clientID: String? = nil, expiryUnit: ExpiryUnit = .none
    ) throws(UnreadableTokens) {
        let content = try slots.content()
        tokens = content.tokens
        notes = content.notes
        self.shape = shape
        if tokens.refreshToken == nil, shape == RefreshTokenAlone.name { self.shape = "access token" }
        self.clientID = clientID
        self.expiryUnit = tokens.accessToken == nil ? .none : expiryUnit
    }

    /// Takes `refreshToken` for the one that a renewal has left as it was.
    mutating func keep(_ refreshToken: TokenText) {
        guard tokens.refreshToken == nil, refreshToken.form != .access else { return }
        tokens.refreshToken = .reading(refreshToken.value, issuedWith: tokens.accessToken)
    }

    /// Takes the tokens of the same session from `other`, and keeps those that it doesn't have.
    mutating func merge(_ other: ReadTokens) {
        tokens.accessToken = other.tokens.accessToken ?? tokens.accessToken
        tokens.refreshToken = other.tokens.refreshToken ?? tokens.refreshToken
        shape = other.shape
        expiryUnit = other.expiryUnit
        notes += other.notes.filter { !notes.contains($0) }
    }

    /// Makes a pair of an access token alone and a refresh token alone.
    func paired(with other: ReadTokens) -> ReadTokens? {
        let (access, refresh) = tokens.accessToken == nil ? (other, self) : (self, other)
        guard let accessToken = access.tokens.accessToken, access.tokens.refreshToken == nil,
            let refreshToken = refresh.tokens.refreshToken, refresh.tokens.accessToken == nil
        else { return nil }
        var pair = access
        pair.tokens.refreshToken = .reading(refreshToken.value, issuedWith: accessToken)
        pair.shape = "access and refresh token"
        pair.notes += refresh.notes
        return pair
    }
}
