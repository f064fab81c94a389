import Foundation
import VisitorSessions

/// A successful token response (RFC 6749, section 5.1). Parsed leniently, because no document says which fields are
/// optional; unknown fields are ignored.
struct TokenResponse {
    /// The longest accepted lifetime, in seconds: ten years.
    private static let longestLife = 315_576_000.0

    var accessToken: Secret

    /// `nil` if it's missing, null, empty, a placeholder or an access token.
    var refreshToken: Secret?

    /// In seconds, from a number or a numeric string. `nil` if it's missing or implausible, 0 included: the token's own
    /// `exp` decides then.
    var lifetime: Double?

    /// `nil` if `json` has no access token, or one that can't be sent in a header.
    init?(_ json: JSONValue) {
        guard let access = json["access_token"]?.string, let accessToken = Self.secret(access),
            !accessToken.isPlaceholder, TokenText.Form(access) != .refresh
        else { return nil }
        self.accessToken = accessToken
        switch json["refresh_token"] {
        case nil, .null?, .bool?, .string("")?: refreshToken = nil
        case .string(let text)?:
            guard let secret = Self.secret(text) else { return nil }
            // Neither a placeholder nor a second access token may replace a working refresh token.
            let isOne = !secret.isPlaceholder && TokenText.Form(text) != .access
            refreshToken = isOne ? secret : nil
        default: return nil
        }
        lifetime = json["expires_in"]?.double.flatMap { $0 > 0 && $0 <= Self.longestLife ? $0 : nil }
    }

    /// The pair with everything known about it. The access token expires at its own `exp` or after `lifetime`,
    /// whichever is earlier.
    ///
    /// - Parameter start: When the response was sent, on the issuer's clock.
    func tokens(from start: Date) -> Tokens {
        let end = lifetime.map { start.addingTimeInterval($0) }
        let access = AccessToken.reading(accessToken, expiresAt: end)
        return Tokens(
            accessToken: access,
            refreshToken: refreshToken.map { RefreshToken.reading($0, issuedWith: access) })
    }

    /// Printable ASCII only (RFC 6749, appendix A.12): a line break in a token would end up in a header.
    private static func secret(_ text: String) -> Secret? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return Secret(text)
    }
}

/// An error response, in any of the three known formats (Wix documentation; RFC 6749, section 5.2) or in none.
struct ErrorResponse {
    /// OAuth's `error`, or the code of Wix's application error.
    var code: String?

    /// The human-readable message. Untrusted.
    var message: String?

    /// The fields that Wix reports as invalid.
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
        descriptions += violations.compactMap { $0["description"]?.string }
    }

    private var descriptions: [String] = []

    /// Whether it reports the OAuth error `name`: as its code or, without an OAuth code, as a word in its messages.
    func reports(_ name: String) -> Bool {
        if let code, Self.oauthCodes.contains(code.lowercased()) { return code.lowercased() == name }
        return ([code, message].compactMap(\.self) + descriptions).contains { text in
            text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == name }
        }
    }

    /// Whether it reports the client ID as invalid. Wix then mentions a GUID or an app ID.
    var rejectsClientID: Bool {
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

/// Parses `Retry-After` (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The time on the local clock, at most a day ahead. `nil` if it's missing or invalid.
    ///
    /// - Parameter serverDate: The server's current time. A date in the field is relative to the server's clock.
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
