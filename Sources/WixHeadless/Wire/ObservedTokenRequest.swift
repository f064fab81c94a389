package import Foundation
package import VisitorSessions

/// A token request that an application sent by itself, and the issuer's response as it was seen in transit.
package struct ObservedTokenRequest: Sendable {
    /// The client ID in the request. SDKs up to 1.14 leave it out of renewals.
    package let clientID: String?

    /// The refresh token that is redeemed. `nil`: a new visitor is requested.
    package let refreshToken: RefreshToken?

    /// Reads the request's body: JSON or a form, with names in camel case or snake case. `nil`: it requests neither
    /// grant.
    package init?(body: some Collection<UInt8>) {
        let members = Self.members(Data(body))
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { members[$0] }.first { !$0.isEmpty }
        }
        clientID = value("clientId", "client_id").map { SafeText.shown($0, limit: 128) }
        switch value("grantType", "grant_type") {
        case "anonymous": refreshToken = nil
        case "refresh_token":
            guard let token = value("refreshToken", "refresh_token") else { return nil }
            refreshToken = .reading(Secret(token))
        default: return nil
        }
    }

    /// What the response means.
    ///
    /// - Parameters:
    ///   - sent: The local clock when the request was sent.
    ///   - received: The local clock when the response had arrived.
    package func result(
        status: Int, requestID: String?, body: some Collection<UInt8>, sent: Date, received: Date
    ) -> Result<IssuedTokens, IssuerError> {
        let request: TokenRequest =
            refreshToken.map { .renewal($0, clientID: clientID ?? "") } ?? .anonymous(clientID: clientID ?? "")
        let endpoint = TokenEndpoint(request: request, sentAt: sent, receivedAt: received)
        let headers = requestID.map { ["x-request-id": $0] } ?? [:]
        return Result { () throws(IssuerError) in
            try endpoint.tokens(HTTPResponse(status: status, headers: headers, body: Data(body)))
        }
    }

    /// The body of a renewal with another refresh token. Its other members and its format are kept.
    package static func body(_ body: some Collection<UInt8>, replacingRefreshTokenWith token: Secret) -> [UInt8] {
        let names = ["refreshToken", "refresh_token"]
        if case .object(var members)? = try? JSONReader.read(Data(body)) {
            for index in members.indices where names.contains(members[index].name) {
                members[index].value = .string(token.reveal())
            }
            return Array(JSONValue.object(members).text.utf8)
        }
        let pairs = String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            return names.contains(String(name)) ? "\(name)=\(token.reveal().percentEncoded)" : String(pair)
        }
        return Array(pairs.joined(separator: "&").utf8)
    }

    private static func members(_ body: Data) -> [String: String] {
        if case .object(let members)? = try? JSONReader.read(body) {
            return Dictionary(members.compactMap { member in member.value.string.map { (member.name, $0) } }) {
                first, _ in first
            }
        }
        let pairs = String(decoding: body, as: UTF8.self).split(separator: "&").compactMap {
            pair -> (String, String)? in
            let parts = pair.split(separator: "=", maxSplits: 1).map { part in
                part.replacing("+", with: " ").removingPercentEncoding ?? String(part)
            }
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
