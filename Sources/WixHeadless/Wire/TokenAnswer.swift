import Foundation
import VisitorSessions

/// The token endpoint's success (RFC 6749, section 5.1), read liberally: nobody has written down what may be
/// missing. Unknown fields are ignored.
struct TokenAnswer {
    /// The longest life that is believed, in seconds: ten years.
    private static let longestLife = 315_576_000.0

    var accessToken: Secret

    /// `nil` where it is missing, null, empty, a placeholder or an access token.
    var refreshToken: Secret?

    /// In seconds: a number or a string that holds one. `nil` where it is missing or makes no sense: then the
    /// token's own `exp` has to do. 0 makes no sense either: nobody gives out a token that is over.
    var lifetime: Double?

    /// `nil` where `json` is no success: it has no access token, or one that no header field could carry.
    init?(_ json: JSONValue) {
        guard let access = json["access_token"]?.string, let accessToken = Self.secret(access),
            !accessToken.isPlaceholder, TokenText.Form(access) != .refresh
        else { return nil }
        self.accessToken = accessToken
        switch json["refresh_token"] {
        case nil, .null?, .bool?, .string("")?: refreshToken = nil
        case .string(let text)?:
            guard let secret = Self.secret(text) else { return nil }
            // Neither a placeholder nor a second access token replaces the refresh token that works.
            let isOne = !secret.isPlaceholder && TokenText.Form(text) != .access
            refreshToken = isOne ? secret : nil
        default: return nil
        }
        lifetime = json["expires_in"]?.double.flatMap { $0 > 0 && $0 <= Self.longestLife ? $0 : nil }
    }

    /// The pair, with everything that is known of it.
    ///
    /// The access token ends with the earlier of its own `exp` and `lifetime` from `start` on.
    ///
    /// - Parameter start: When the answer was given, on the issuer's clock.
    func tokens(from start: Date) -> Tokens {
        let end = lifetime.map { start.addingTimeInterval($0) }
        let access = AccessToken.reading(accessToken, expiresAt: end)
        return Tokens(
            accessToken: access,
            refreshToken: refreshToken.map { RefreshToken.reading($0, issuedWith: access) })
    }

    /// Printable ASCII alone, as RFC 6749 has it (appendix A.12): a line break in a token would end up in a
    /// header.
    private static func secret(_ text: String) -> Secret? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return Secret(text)
    }
}
