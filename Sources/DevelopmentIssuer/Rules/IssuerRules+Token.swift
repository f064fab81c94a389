import Foundation

extension IssuerRules {
    /// The token endpoint (RFC 6749, section 3.2; Wix documentation).
    func token(_ fields: RequestFields, _ faults: InjectedFaults, at now: Date, _ state: inout IssuerState)
        -> IssuerAnswer
    {
        switch fields["grantType"] {
        case "anonymous": newVisitor(fields, faults, at: now, &state)
        case "refresh_token": renewal(fields, faults, at: now, &state)
        case nil: .oauthFailure("invalid_request", "grantType is missing.")
        default: .oauthFailure("unsupported_grant_type", "grantType is neither anonymous nor refresh_token.")
        }
    }

    private func newVisitor(
        _ fields: RequestFields, _ faults: InjectedFaults, at now: Date, _ state: inout IssuerState
    ) -> IssuerAnswer {
        guard let clientID = fields["clientId"].flatMap(UUID.init(uuidString:)) else { return Self.wrongClientID }
        let visitor = Visitor(id: UUID(), clientID: clientID)
        state.add(visitor: visitor.id)
        state.counts.issued += 1
        return success(visitor, faults.style, at: now, refreshToken: mint.refreshToken(for: visitor, at: now))
    }

    private func renewal(
        _ fields: RequestFields, _ faults: InjectedFaults, at now: Date, _ state: inout IssuerState
    ) -> IssuerAnswer {
        let clientID = fields["clientId"].flatMap(UUID.init(uuidString:))
        guard clientID != nil || (fields["clientId"] ?? "").isEmpty else { return Self.wrongClientID }
        guard let text = fields["refreshToken"], !text.isEmpty else {
            return .oauthFailure("invalid_request", "refreshToken is missing.")
        }
        guard !faults.isRefused else { return refusal("The development issuer was told to refuse.", &state) }
        guard let token = mint.openRefreshToken(text), clientID == nil || clientID == token.visitor.clientID else {
            return refusal("The refresh token is unknown.", &state)
        }
        guard token.expiresAt > now else { return refusal("The refresh token has expired.", &state) }
        guard !state.isReplaced(refreshToken: token.id) else {
            state.counts.reuses += 1
            return refusal("The refresh token has been redeemed before.", &state)
        }
        guard !state.isRevoked(refreshToken: token.id), !state.isRevoked(visitor: token.visitor.id) else {
            return refusal("The refresh token has been revoked.", &state)
        }
        state.counts.redemptions += 1
        // Where the new refresh token would not be handed over, the old one stays.
        guard rotate, faults.style.hasRefreshToken else {
            return success(token.visitor, faults.style, at: now, refreshToken: text)
        }
        state.record(.replaced(token.id))
        return success(
            token.visitor, faults.style, at: now, refreshToken: mint.refreshToken(for: token.visitor, at: now))
    }

    private func refusal(_ description: String, _ state: inout IssuerState) -> IssuerAnswer {
        state.counts.refusals += 1
        return .oauthFailure("invalid_grant", description)
    }

    private func success(
        _ visitor: Visitor, _ style: AnswerStyle, at now: Date, refreshToken: String
    ) -> IssuerAnswer {
        IssuerAnswer(
            200,
            Success(
                accessToken: mint.accessToken(for: visitor, at: now),
                expiresIn: style.hasExpiry ? LooseValue(mint.accessLifetime, style) : nil,
                refreshToken: style.hasRefreshToken ? refreshToken : nil),
            headers: ["Cache-Control": "no-store"])
    }

    private static var wrongClientID: IssuerAnswer {
        .violation(field: "clientId", "is not a valid GUID: give the app ID of an OAuth client.")
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
