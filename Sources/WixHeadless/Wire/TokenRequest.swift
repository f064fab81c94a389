import Foundation
import VisitorSessions

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
