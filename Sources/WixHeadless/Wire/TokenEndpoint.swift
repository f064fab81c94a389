import Foundation
import VisitorSessions

/// Interprets an issuer's responses (Wix documentation; RFC 6749, section 5).
struct TokenEndpoint {
    var request: TokenRequest

    /// The local clock before the request was sent.
    var sentAt: Date

    /// The local clock when the response arrived.
    var receivedAt: Date

    func tokens(_ response: HTTPResponse) throws(IssuerError) -> IssuedTokens {
        guard let issued = TokenResponse(try json(response)) else { throw unreadable(response) }
        let serverDate = serverDate(response)
        // Without the issuer's clock, use the local time before the request: expiring early is safer than late.
        let tokens = issued.tokens(from: serverDate ?? sentAt)
        return IssuedTokens(
            accessToken: tokens.accessToken ?? AccessToken(issued.accessToken, expiresAt: nil),
            refreshToken: tokens.refreshToken, requestID: requestID(response), serverDate: serverDate)
    }

    func information(_ response: HTTPResponse) throws(IssuerError) -> TokenInformation {
        guard var information = TokenInformation(try json(response)) else { throw unreadable(response) }
        information.serverDate = serverDate(response)
        return information
    }

    /// The body of a successful response.
    private func json(_ response: HTTPResponse) throws(IssuerError) -> JSONValue {
        let json = try? JSONReader.read(response.body)
        guard (200..<300).contains(response.status) else {
            throw failure(response, ErrorResponse(json), serverDate(response))
        }
        guard let json else { throw unreadable(response) }
        return json
    }

    private func unreadable(_ response: HTTPResponse) -> IssuerError {
        IssuerError(
            .transient, "The issuer's response can't be read.", status: response.status,
            requestID: requestID(response), serverDate: serverDate(response), mayHaveTakenEffect: true)
    }

    private func serverDate(_ response: HTTPResponse) -> Date? {
        response.header("Date").flatMap { HTTPTime.date($0, now: receivedAt) }
    }

    func failure(_ error: HTTPTransportError) -> IssuerError {
        let kind: IssuerError.Kind =
            switch error.kind {
            case .unsendable, .unavailable: .configuration
            case .cancelled: .cancelled
            default: .transient
            }
        return IssuerError(
            kind, SafeText.shown(error.message, without: request.secrets),
            mayHaveTakenEffect: error.mayHaveReachedServer)
    }

    private func failure(_ response: HTTPResponse, _ error: ErrorResponse, _ serverDate: Date?) -> IssuerError {
        let (kind, meaning) = meaning(of: response.status, error)
        let said = SafeText.shown(error.message ?? "", without: request.secrets)
        return IssuerError(
            kind, said.isEmpty ? "\(meaning)." : "\(meaning): \(said)", status: response.status,
            code: error.code.map { SafeText.shown($0, without: request.secrets, limit: 64) },
            requestID: requestID(response),
            retryAfter: RetryAfter.date(response.header("Retry-After"), now: receivedAt, serverDate: serverDate),
            serverDate: serverDate, mayHaveTakenEffect: Self.mayHaveTakenEffect(response.status))
    }

    private func meaning(of status: Int, _ error: ErrorResponse) -> (IssuerError.Kind, String) {
        switch status {
        case 429: return (.transient, "The issuer received too many requests")
        case 503: return (.transient, "The issuer is temporarily unavailable")
        case 500, 502, 504: return (.transient, "The issuer failed with status \(status)")
        case 300..<400:
            return (.unknown, "The issuer's URL redirects, and redirects aren't followed; check the URL")
        case 400, 401:
            if request.isRenewal, error.reports("invalid_grant") {
                return (.refused, "The issuer refused the refresh token")
            }
        default: break
        }
        if (400..<500).contains(status) {
            if error.reports("invalid_client") { return (.configuration, "The issuer doesn't know the client ID") }
            if error.reports("unauthorized_client") {
                return (.configuration, "The issuer doesn't allow this for the client ID")
            }
            if error.reports("unsupported_grant_type") {
                return (.configuration, "The server at the issuer's URL doesn't issue visitor tokens; check the URL")
            }
        }
        if status == 400, error.rejectsClientID { return (.configuration, "The issuer rejected the client ID") }
        return (.unknown, "The issuer responded with status \(status)")
    }

    /// A server that fails with 500, 502 or 504 may have done the work; with 501, 503 or 4xx, it hasn't started.
    private static func mayHaveTakenEffect(_ status: Int) -> Bool {
        status >= 500 && status != 501 && status != 503
    }

    /// Redacts the whole ID if it echoes a token.
    private func requestID(_ response: HTTPResponse) -> String? {
        (response.header("x-wix-request-id") ?? response.header("x-request-id")).map { id in
            request.secrets.contains { !$0.isEmpty && id.contains($0) }
                ? SafeText.redaction : SafeText.shown(id, limit: 128)
        }
    }
}

/// A request to an issuer.
enum TokenRequest {
    /// A new visitor's tokens.
    case anonymous(clientID: String)
    /// A new access token for a refresh token (RFC 6749, section 6).
    case renewal(RefreshToken, clientID: String)
    /// Token info.
    case information(Secret)

    /// The request as JSON, with the names and order that the JavaScript SDK uses.
    func request(to issuer: IssuerURL) -> HTTPRequest {
        let (url, fields) =
            switch self {
            case .anonymous(let clientID):
                (issuer.token, [("clientId", clientID), ("grantType", "anonymous")])
            case .renewal(let token, let clientID):
                (
                    issuer.token,
                    // The client of a recorded session may be unknown.
                    (clientID.isEmpty ? [] : [("clientId", clientID)])
                        + [("refreshToken", token.value.reveal()), ("grantType", "refresh_token")]
                )
            case .information(let token):
                (issuer.tokenInfo, [("token", token.reveal())])
            }
        let json = JSONValue.object(fields.map { .init(name: $0, value: .string($1)) })
        return HTTPRequest(
            "POST", url, headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: Data(json.text.utf8))
    }

    /// What must be redacted from messages about the request.
    var secrets: [String] {
        switch self {
        case .anonymous: []
        case .renewal(let token, _): [token.value.reveal()]
        case .information(let token): [token.reveal()]
        }
    }

    var isRenewal: Bool {
        if case .renewal = self { true } else { false }
    }
}

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
