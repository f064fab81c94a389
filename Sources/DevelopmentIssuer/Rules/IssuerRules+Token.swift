import Foundation

extension IssuerRules {
    /// The token endpoint (RFC 6749, section 3.2; Wix documentation).
    func token(_ fields: RequestFields, _ faults: InjectedFaults, at now: Date, _ state: inout IssuerState)
        -> IssuerResponse
    {
        switch fields["grantType"] {
        case "anonymous": newVisitor(fields, faults, at: now, &state)
        case "refresh_token": renewal(fields, faults, at: now, &state)
        case nil: .oauthFailure("invalid_request", "grantType is missing.")
        default: .oauthFailure("unsupported_grant_type", "grantType must be anonymous or refresh_token.")
        }
    }

    private func newVisitor(
        _ fields: RequestFields, _ faults: InjectedFaults, at now: Date, _ state: inout IssuerState
    ) -> IssuerResponse {
        guard let clientID = fields["clientId"].flatMap(UUID.init(uuidString:)) else { return Self.wrongClientID }
        let visitor = Visitor(id: UUID(), clientID: clientID)
        state.add(visitor: visitor.id)
        state.counts.issued += 1
        return success(visitor, faults.style, at: now, refreshToken: mint.refreshToken(for: visitor, at: now))
    }

    private func renewal(
        _ fields: RequestFields, _ faults: InjectedFaults, at now: Date, _ state: inout IssuerState
    ) -> IssuerResponse {
        let clientID = fields["clientId"].flatMap(UUID.init(uuidString:))
        guard clientID != nil || (fields["clientId"] ?? "").isEmpty else { return Self.wrongClientID }
        guard let text = fields["refreshToken"], !text.isEmpty else {
            return .oauthFailure("invalid_request", "refreshToken is missing.")
        }
        guard !faults.refusesToken else { return refusal("Injected fault: the refresh token is refused.", &state) }
        guard let token = mint.openRefreshToken(text), clientID == nil || clientID == token.visitor.clientID else {
            return refusal("The refresh token is unknown.", &state)
        }
        guard token.expiresAt > now else { return refusal("The refresh token has expired.", &state) }
        guard !state.replaced.contains(token.id) else {
            state.counts.reuses += 1
            return refusal("The refresh token has already been redeemed.", &state)
        }
        guard !state.isRevoked(token) else {
            return refusal("The refresh token has been revoked.", &state)
        }
        state.counts.redemptions += 1
        // If the response leaves out the new refresh token, the old one must stay valid.
        guard rotate, faults.style.hasRefreshToken else {
            return success(token.visitor, faults.style, at: now, refreshToken: text)
        }
        state.record(.replaced(token.id))
        return success(
            token.visitor, faults.style, at: now, refreshToken: mint.refreshToken(for: token.visitor, at: now))
    }

    private func refusal(_ description: String, _ state: inout IssuerState) -> IssuerResponse {
        state.counts.refusals += 1
        return .oauthFailure("invalid_grant", description)
    }

    private func success(
        _ visitor: Visitor, _ style: ResponseStyle, at now: Date, refreshToken: String
    ) -> IssuerResponse {
        IssuerResponse(
            200,
            Success(
                accessToken: mint.accessToken(for: visitor, at: now),
                expiresIn: style.hasExpiry ? LooseValue(mint.accessLifetime, style) : nil,
                refreshToken: style.hasRefreshToken ? refreshToken : nil),
            headers: ["Cache-Control": "no-store"])
    }

    private static var wrongClientID: IssuerResponse {
        .violation(field: "clientId", "is not a valid GUID. Use the client ID of an OAuth app.")
    }

    /// RFC 6749, section 5.1.
    private struct Success: Encodable {
        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case tokenType = "token_type"
            case expiresIn = "expires_in"
            case refreshToken = "refresh_token"
        }

        var accessToken: String
        var tokenType = "Bearer"
        var expiresIn: LooseValue<Int>?
        var refreshToken: String?
    }
}
