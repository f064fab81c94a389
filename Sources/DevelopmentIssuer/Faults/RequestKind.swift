/// What a request to the development issuer is for. The raw values are the words of ``Fault``.
public enum RequestKind: String, Hashable, Sendable, CaseIterable {
    /// A new visitor, at the token endpoint.
    case generate
    /// A renewal, at the token endpoint.
    case renew
    /// A question about a token.
    case info
    /// Anything that is sent with an access token.
    case api

    /// `nil`: a fault concerns no such request.
    init?(_ request: IssuerRequest, _ fields: RequestFields?) {
        switch request.path {
        case "/oauth2/token": self = fields?["grantType"] == "refresh_token" ? .renew : .generate
        case "/oauth2/token-info": self = .info
        case let path where path.hasPrefix("/api/"): self = .api
        default: return nil
        }
    }
}
