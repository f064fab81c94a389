public import VisitorSessions

/// Tokens that were found, and how they were written.
///
/// Can only be created from ``TokenSlots``, so no reader can mistake a placeholder for a token.
public struct ReadTokens: Hashable, Sendable {
    public private(set) var tokens: Tokens

    /// The name of the shape, for people.
    public internal(set) var shape: String

    /// The OAuth client, if it is named.
    public internal(set) var clientID: String?

    /// How the access token's expiry is written.
    public private(set) var expiryUnit: ExpiryUnit

    /// What a person should know about it, in sentences: what was left out or corrected.
    public private(set) var notes: [String]

    /// - Parameter shape: `nil`: no shape, only tokens.
    init(_ slots: TokenSlots, shape: String? = nil, clientID: String? = nil) throws(UnreadableTokens) {
        let content = try slots.content()
        tokens = content.tokens
        notes = content.notes
        self.shape = shape ?? Self.kind(of: tokens)
        self.clientID = clientID
        expiryUnit = tokens.accessToken == nil ? .none : slots.expiry.unit
    }

    private static func kind(of tokens: Tokens) -> String {
        if tokens.refreshToken == nil { return "access token" }
        return tokens.accessToken == nil ? "refresh token" : "access and refresh tokens"
    }

    /// Whether one of the tokens is in Wix's form.
    package var hasWixForm: Bool {
        [tokens.accessToken?.value, tokens.refreshToken?.value].contains { token in
            token.map { TokenText.Form($0.reveal()) != .other } ?? false
        }
    }

    /// Keeps `refreshToken`, which a renewal didn't replace.
    mutating func keep(_ refreshToken: TokenText) {
        guard tokens.refreshToken == nil, refreshToken.form != .access else { return }
        tokens.refreshToken = .reading(refreshToken.value, issuedWith: tokens.accessToken)
    }

    /// Takes the tokens of `other`, which is the same session, and keeps its own where `other` has none.
    mutating func merge(_ other: ReadTokens) {
        if let access = other.tokens.accessToken, access.value != tokens.accessToken?.value {
            tokens.accessToken = access
            expiryUnit = other.expiryUnit
            if other.tokens.refreshToken != nil || tokens.refreshToken == nil { shape = other.shape }
        }
        tokens.refreshToken = other.tokens.refreshToken ?? tokens.refreshToken
        notes += other.notes.filter { !notes.contains($0) }
    }

    /// Makes a pair of an access token alone and a refresh token alone.
    func paired(with other: ReadTokens) -> ReadTokens? {
        let (access, refresh) = tokens.accessToken == nil ? (other, self) : (self, other)
        guard let accessToken = access.tokens.accessToken, access.tokens.refreshToken == nil,
            let refreshToken = refresh.tokens.refreshToken, refresh.tokens.accessToken == nil
        else { return nil }
        var pair = access
        pair.tokens.refreshToken = .reading(
            refreshToken.value, role: refreshToken.role == .member ? .member : nil, issuedWith: accessToken)
        pair.shape = Self.kind(of: pair.tokens)
        pair.clientID = access.clientID ?? refresh.clientID
        pair.notes += refresh.notes.filter { !access.notes.contains($0) }
        return pair
    }
}
