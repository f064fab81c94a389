import Foundation

extension IssuerRules {
    /// Describes a token and whether it's active (Wix documentation, token info).
    func tokenInfo(
        _ fields: RequestFields, _ style: ResponseStyle, at now: Date, _ state: IssuerState
    ) -> IssuerResponse {
        guard let text = fields["token"] else { return .violation(field: "token", "is missing.") }
        guard let token = mint.openAccessToken(text) ?? mint.openRefreshToken(text) else {
            return IssuerResponse(200, ["active": LooseValue(false, style)])
        }
        let isActive = token.expiresAt > now && !state.isRevoked(token) && !state.replaced.contains(token.id)
        return IssuerResponse(
            200,
            Information(
                active: LooseValue(isActive, style), subjectId: token.visitor.guid,
                exp: LooseValue(Int(token.expiresAt.timeIntervalSince1970), style),
                iat: LooseValue(Int(token.issuedAt.timeIntervalSince1970), style),
                clientId: token.visitor.clientGUID, siteId: TokenMint.siteID, instanceId: TokenMint.instanceID))
    }

    /// Stands in for the site's APIs: echoes the request and its visitor. `Authorization` holds the access token
    /// without a prefix.
    func echo(_ request: IssuerRequest, _ body: Data, at now: Date, _ state: IssuerState) -> IssuerResponse {
        guard let text = request.headers["authorization"], !text.isEmpty else {
            return .failure(401, "The Authorization header is missing.")
        }
        guard let token = mint.openAccessToken(text) else {
            return .failure(401, "The Authorization header doesn't contain an access token from this issuer.")
        }
        guard token.expiresAt > now else { return .failure(401, "The access token has expired.") }
        guard !state.isRevoked(token) else {
            return .failure(401, "The access token has been revoked.")
        }
        return IssuerResponse(
            200,
            Echo(
                method: request.method, path: request.path, visitorId: token.visitor.guid,
                clientId: token.visitor.clientGUID, body: String(decoding: body, as: UTF8.self)))
    }

    /// Revokes one refresh token, all tokens of one visitor, or all tokens.
    func revoke(_ fields: RequestFields, _ state: inout IssuerState) -> IssuerResponse {
        if let text = fields["refreshToken"] {
            guard let token = mint.openRefreshToken(text) else {
                return .violation(field: "refreshToken", "is not a refresh token from this issuer.")
            }
            state.record(.revokedToken(token.id))
        } else if let text = fields["visitorId"] {
            guard let visitor = UUID(uuidString: text) else {
                return .violation(field: "visitorId", "is not a valid GUID.")
            }
            state.record(.revokedVisitor(visitor))
        } else {
            state.record(.revokedAll)
        }
        return IssuerResponse(200, [String: String]())
    }

    private struct Information: Encodable {
        var active: LooseValue<Bool>
        var subjectType = "VISITOR"
        var subjectId: String
        var exp: LooseValue<Int>
        var iat: LooseValue<Int>
        var clientId: String
        var siteId: String
        var instanceId: String
    }

    private struct Echo: Encodable {
        var method: String
        var path: String
        var visitorId: String
        var clientId: String
        var body: String
    }
}

/// Statistics since the issuer was created.
public struct IssuerCounts: Hashable, Sendable, Codable {
    /// Token pairs issued to new visitors.
    public var issued = 0

    public var redemptions = 0

    public var refusals = 0

    /// Refusals of refresh tokens that had already been redeemed and replaced.
    public var reuses = 0

    /// Requests, except those to `/development/`.
    public var requests = 0

    /// Faults injected.
    public var faults = 0

    public init() {}
}
