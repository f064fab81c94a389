import Foundation

extension IssuerRules {
    /// What a token is, and whether it works (Wix documentation).
    func tokenInfo(
        _ fields: RequestFields, _ style: AnswerStyle, at now: Date, _ state: IssuerState
    ) -> IssuerAnswer {
        guard let text = fields["token"] else { return .violation(field: "token", "is missing.") }
        if let token = mint.openAccessToken(text) {
            let isActive = token.expiresAt > now && !state.isRevoked(visitor: token.visitor.id)
            return information(token, isActive, style)
        }
        if let token = mint.openRefreshToken(text) {
            let isActive =
                token.expiresAt > now && !state.isRevoked(visitor: token.visitor.id)
                && !state.isRevoked(refreshToken: token.id) && !state.isReplaced(refreshToken: token.id)
            return information(token, isActive, style)
        }
        return IssuerAnswer(200, ["active": LooseValue(false, style)])
    }

    /// A stand-in for the site's APIs: says who asked, and for what. The raw token stands in `Authorization`.
    func echo(_ request: IssuerRequest, _ body: Data, at now: Date, _ state: IssuerState) -> IssuerAnswer {
        guard let text = request.headers["authorization"], !text.isEmpty else {
            return .failure(401, "The Authorization header is missing.")
        }
        guard let token = mint.openAccessToken(text) else {
            return .failure(401, "The Authorization header holds no access token of this issuer.")
        }
        guard token.expiresAt > now else { return .failure(401, "The access token has expired.") }
        guard !state.isRevoked(visitor: token.visitor.id) else {
            return .failure(401, "The access token has been revoked.")
        }
        return IssuerAnswer(
            200,
            Echo(
                method: request.method, path: request.path, visitorId: token.visitor.name,
                clientId: token.visitor.clientName, body: String(decoding: body, as: UTF8.self)))
    }

    /// Makes tokens invalid, as a site's owner would: one refresh token, all that a visitor has, or everything.
    func revoke(_ fields: RequestFields, _ state: inout IssuerState) -> IssuerAnswer {
        if let text = fields["refreshToken"] {
            guard let token = mint.openRefreshToken(text) else {
                return .violation(field: "refreshToken", "is no refresh token of this issuer.")
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
        return IssuerAnswer(200, [String: String]())
    }

    private func information(_ token: MintedToken, _ isActive: Bool, _ style: AnswerStyle) -> IssuerAnswer {
        IssuerAnswer(
            200,
            Information(
                active: LooseValue(isActive, style), subjectId: token.visitor.name,
                exp: LooseValue(Int(token.expiresAt.timeIntervalSince1970), style),
                iat: LooseValue(Int(token.issuedAt.timeIntervalSince1970), style),
                clientId: token.visitor.clientName, siteId: TokenMint.siteID, instanceId: TokenMint.instanceID))
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

/// What a development issuer has done since it was started.
public struct IssuerCounts: Hashable, Sendable, Codable {
    /// Pairs for new visitors.
    public var issued = 0

    /// Refresh tokens redeemed.
    public var redemptions = 0

    /// Refresh tokens refused, for whatever reason.
    public var refusals = 0

    /// Those of the refused that had been redeemed before and replaced.
    public var reuses = 0

    /// Requests to everything but `/development/`.
    public var requests = 0

    /// How often a fault has hit.
    public var faults = 0

    public init() {}
}
