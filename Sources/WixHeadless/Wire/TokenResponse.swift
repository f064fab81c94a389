import Foundation
import VisitorSessions

/// The token endpoint's success (RFC 6749, section 5.1), read liberally: nobody has written down what may be
/// missing. Unknown fields are ignored.
struct TokenResponse {
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

/// What a failing answer says, in any of the three shapes that are known (Wix documentation; RFC 6749,
/// section 5.2), or in none.
struct ErrorResponse {
    /// OAuth's `error`, or the code of Wix's application error.
    var code: String?

    /// What is said for people: untrusted.
    var message: String?

    /// The names of the fields that Wix found wrong.
    var fields: [String] = []

    init(_ json: JSONValue?) {
        guard let json else { return }
        let details = json["details"]
        let application = details?["applicationError"]
        code = Self.first(json["error"]?.string, application?["code"]?.string)
        message = Self.first(
            json["error_description"]?.string, json["message"]?.string, application?["description"]?.string)
        guard case .array(let violations)? = details?["validationError"]?["fieldViolations"] else { return }
        fields = violations.compactMap { $0["field"]?.string }
        message = Self.first(message, violations.lazy.compactMap { $0["description"]?.string }.first)
        said += violations.compactMap { $0["description"]?.string }
    }

    private var said: [String] = []

    /// Whether it names the OAuth error `name`: as its code or, where it has no OAuth code, as a word of what it
    /// says.
    func names(_ name: String) -> Bool {
        if let code, Self.oauthCodes.contains(code.lowercased()) { return code.lowercased() == name }
        return ([code, message].compactMap(\.self) + said).contains { text in
            text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == name }
        }
    }

    /// Whether it complains about the client ID: Wix names an invalid GUID or app ID then.
    var blamesClientID: Bool {
        if !fields.isEmpty { return fields.contains { Self.clientFields.contains($0.lowercased()) } }
        let text = (message ?? "").lowercased()
        guard !text.contains("refresh") else { return false }
        return ["guid", "app id", "appid", "client id", "clientid", "client_id"].contains { text.contains($0) }
    }

    private static let clientFields: Set<String> = ["clientid", "client_id", "appid", "app_id"]

    /// RFC 6749, section 5.2.
    private static let oauthCodes: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope",
    ]

    private static func first(_ texts: String?...) -> String? {
        texts.lazy.compactMap(\.self).first { !$0.isEmpty }
    }
}

/// When to come back, says a server (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The instant on the local clock, at most a day ahead. `nil` where there is none or it makes no sense.
    ///
    /// - Parameter serverDate: The server's clock now. A date is its own, so the difference to it is what counts.
    static func date(_ field: String?, now: Date, serverDate: Date?) -> Date? {
        guard let field = field.map({ SafeText.shown($0, limit: 64) }) else { return nil }
        let wait: Double
        if let seconds = Double(field), field.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) {
            wait = seconds
        } else if let date = HTTPTime.date(field, now: now) {
            wait = date.timeIntervalSince(serverDate ?? now)
        } else {
            return nil
        }
        return now.addingTimeInterval(min(max(wait, 0), 86_400))
    }
}
