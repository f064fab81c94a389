public import VisitorSessions

/// Decides which tokens a session has after new ones are set on it.
///
/// * A pair replaces both tokens.
/// * A refresh token alone replaces the refresh token. The session keeps its access token, and with it its visitor:
///   Wix's refresh tokens don't name a visitor, but the next renewal does.
/// * An access token alone replaces the access token if it names the same visitor. Otherwise the session loses its
///   refresh token: ``losesRefreshToken``.
public struct TokenReplacement: Hashable, Sendable {
    /// What the session has afterwards.
    public let tokens: Tokens

    /// Whether ``tokens`` includes a token that the session already has. If so, set them only while it still has that
    /// token.
    public let keepsToken: Bool

    /// Whether the session has the tokens already, and nothing new is known about their expiry.
    public let isUnchanged: Bool

    /// Whether the session loses its refresh token and can't be renewed any more.
    public let losesRefreshToken: Bool

    /// Whether the new tokens name another visitor than the session's.
    public let changesVisitor: Bool

    /// What is kept, and whether the visitor changes, in sentences.
    public let notes: [String]

    /// A warning if text in another form would replace a Wix token. Setting it must be confirmed.
    public let warning: String?

    /// - Parameters:
    ///   - stored: What the session has now.
    ///   - droppingRefreshToken: Whether an access token alone removes the refresh token.
    public init(of stored: Tokens, by found: Tokens, droppingRefreshToken: Bool = false) {
        var tokens = found
        var notes: [String] = []
        if found.accessToken == nil, let access = stored.accessToken {
            tokens.accessToken = access
            if found.refreshToken?.value != stored.refreshToken?.value {
                notes.append(
                    "The session keeps its access token. Renew the session to get one that belongs to this refresh token."
                )
            }
        }
        if !droppingRefreshToken, found.refreshToken == nil, let refresh = stored.refreshToken,
            let visitor = found.accessToken?.visitorID, visitor == stored.accessToken?.visitorID
        {
            tokens.refreshToken = refresh
            notes.append("The session keeps its refresh token: the access token belongs to the same visitor.")
        }
        let named = found.accessToken?.visitorID ?? found.refreshToken.flatMap { TokenFacts($0.value).visitorID }
        if let visitor = stored.accessToken?.visitorID, let new = named, visitor != new {
            changesVisitor = true
            let (old, new) = (visitor.prefix(8), new.prefix(8))
            notes.append(
                found.accessToken == nil
                    ? "The refresh token belongs to another visitor: with the next renewal, \(new) replaces \(old)."
                    : "The access token belongs to another visitor: \(new) replaces \(old).")
        } else {
            changesVisitor = false
        }
        self.tokens = tokens
        self.notes = notes
        keepsToken = tokens != found
        isUnchanged =
            tokens.accessToken?.value == stored.accessToken?.value
            && tokens.refreshToken?.value == stored.refreshToken?.value
            && [nil, stored.accessToken?.expiresAt].contains(tokens.accessToken?.expiresAt)
            && [nil, stored.refreshToken?.expiresAt].contains(tokens.refreshToken?.expiresAt)
        losesRefreshToken = stored.refreshToken != nil && tokens.refreshToken == nil
        warning = Self.warning(stored, tokens)
    }

    private static func warning(_ stored: Tokens, _ new: Tokens) -> String? {
        func losesForm(_ old: Secret?, _ new: Secret?) -> Bool {
            guard let old, let new else { return false }
            return TokenText.Form(old.reveal()) != .other && TokenText.Form(new.reveal()) == .other
        }
        let kinds = [
            losesForm(stored.accessToken?.value, new.accessToken?.value) ? "access token" : nil,
            losesForm(stored.refreshToken?.value, new.refreshToken?.value) ? "refresh token" : nil,
        ].compactMap(\.self)
        guard !kinds.isEmpty else { return nil }
        return kinds.count == 1
            ? "The session's \(kinds[0]) is a Wix token, and the new one isn't."
            : "The session's tokens are Wix tokens, and the new ones aren't."
    }
}
