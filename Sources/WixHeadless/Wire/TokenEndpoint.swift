import Foundation
import VisitorSessions

/// What an issuer's answer means: the table of the Wix documentation, and RFC 6749, section 5.
struct TokenEndpoint {
    var request: TokenRequest

    /// The local clock, before the request was sent.
    var sentAt: Date

    /// The local clock, when the answer was there.
    var answeredAt: Date

    func tokens(_ response: HTTPResponse) throws(IssuerError) -> IssuedTokens {
        guard let answer = TokenResponse(try json(response)) else { throw unreadable(response) }
        let serverDate = serverDate(response)
        // Without the issuer's clock, the local one before the request: rather too early than too late.
        let tokens = answer.tokens(from: serverDate ?? sentAt)
        return IssuedTokens(
            accessToken: tokens.accessToken ?? AccessToken(answer.accessToken, expiresAt: nil),
            refreshToken: tokens.refreshToken, requestID: requestID(response), serverDate: serverDate)
    }

    func information(_ response: HTTPResponse) throws(IssuerError) -> TokenInformation {
        guard var information = TokenInformation(try json(response)) else { throw unreadable(response) }
        information.serverDate = serverDate(response)
        return information
    }

    /// The body of a success.
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
            .transient, "The issuer's answer cannot be read.", status: response.status,
            requestID: requestID(response), serverDate: serverDate(response), mayHaveTakenEffect: true)
    }

    private func serverDate(_ response: HTTPResponse) -> Date? {
        response.header("Date").flatMap { HTTPTime.date($0, now: answeredAt) }
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

    private func failure(_ response: HTTPResponse, _ answer: ErrorResponse, _ serverDate: Date?) -> IssuerError {
        let (kind, meaning) = meaning(of: response.status, answer)
        let said = SafeText.shown(answer.message ?? "", without: request.secrets)
        return IssuerError(
            kind, said.isEmpty ? "\(meaning)." : "\(meaning): \(said)", status: response.status,
            code: answer.code.map { SafeText.shown($0, without: request.secrets, limit: 64) },
            requestID: requestID(response),
            retryAfter: RetryAfter.date(response.header("Retry-After"), now: answeredAt, serverDate: serverDate),
            serverDate: serverDate, mayHaveTakenEffect: Self.mayHaveTakenEffect(response.status))
    }

    private func meaning(of status: Int, _ answer: ErrorResponse) -> (IssuerError.Kind, String) {
        switch status {
        case 429: return (.transient, "The issuer has had too many requests")
        case 503: return (.transient, "The issuer is not available now")
        case 500, 502, 504: return (.transient, "The issuer failed with status \(status)")
        case 300..<400:
            return (.unknown, "The issuer's address answers with a redirect, which is not followed; check the address")
        case 400, 401:
            if request.isRenewal, answer.names("invalid_grant") {
                return (.refused, "The issuer refused the refresh token")
            }
        default: break
        }
        if (400..<500).contains(status) {
            if answer.names("invalid_client") { return (.configuration, "The issuer does not know the client ID") }
            if answer.names("unauthorized_client") {
                return (.configuration, "The issuer does not let this client ID do that")
            }
            if answer.names("unsupported_grant_type") {
                return (.configuration, "The issuer's address gives no visitor tokens; check the address")
            }
        }
        if status == 400, answer.blamesClientID { return (.configuration, "The issuer finds the client ID wrong") }
        return (.unknown, "The issuer answered with status \(status)")
    }

    /// A server that fails in the middle may have done its work; one that says that it is busy, or that the
    /// request is wrong, has not begun.
    private static func mayHaveTakenEffect(_ status: Int) -> Bool {
        status >= 500 && status != 501 && status != 503
    }

    /// Kept whole where it is not what was sent: it may be as long as a token.
    private func requestID(_ response: HTTPResponse) -> String? {
        (response.header("x-wix-request-id") ?? response.header("x-request-id")).map { id in
            request.secrets.contains { !$0.isEmpty && id.contains($0) }
                ? SafeText.redaction : SafeText.shown(id, limit: 128)
        }
    }
}

/// What is asked of an issuer, and how it is written.
enum TokenRequest {
    /// A new visitor's tokens.
    case anonymous(clientID: String)
    /// A new access token for a refresh token (RFC 6749, section 6).
    case renewal(RefreshToken, clientID: String)
    /// What the issuer knows of a token.
    case information(Secret)

    /// The request, in JSON with the names and the order in which the JavaScript SDK writes them.
    func request(to issuer: IssuerURL) -> HTTPRequest {
        HTTPRequest(
            "POST", url(issuer),
            headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: Data(JSONValue.object(members).text.utf8))
    }

    /// What must not appear in anything that is said about the request.
    var secrets: [String] {
        switch self {
        case .anonymous: []
        case .renewal(let token, _): [token.value.reveal()]
        case .information(let token): [token.reveal()]
        }
    }

    var isRenewal: Bool {
        guard case .renewal = self else { return false }
        return true
    }

    private func url(_ issuer: IssuerURL) -> URL {
        guard case .information = self else { return issuer.token }
        return issuer.tokenInfo
    }

    private var members: [JSONValue.Member] {
        switch self {
        case .anonymous(let clientID):
            [
                .init(name: "clientId", value: .string(clientID)),
                .init(name: "grantType", value: .string("anonymous")),
            ]
        case .renewal(let token, let clientID):
            [
                .init(name: "clientId", value: .string(clientID)),
                .init(name: "refreshToken", value: .string(token.value.reveal())),
                .init(name: "grantType", value: .string("refresh_token")),
            ]
        case .information(let token):
            [.init(name: "token", value: .string(token.reveal()))]
        }
    }
}
