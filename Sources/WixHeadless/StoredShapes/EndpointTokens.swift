import Foundation

/// The token endpoint's own answer: `{"access_token","expires_in","refresh_token"}`.
///
/// It says how long the token lives, but not from when on: that is the token's own `iat`, or else now.
enum EndpointTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["access_token"] != nil || json["refresh_token"] != nil else { return nil }
        let access = try TokenField.token(json["access_token"], "access_token")
        let refresh = try TokenField.token(json["refresh_token"], "refresh_token")
        let lifetime = TokenAnswer(json)?.lifetime
        let start = access.flatMap { DecodedToken($0).issuedAt } ?? now
        let tokens = try TokenField.tokens(
            access: access, expiresAt: lifetime.map { start.addingTimeInterval($0) }, refresh: refresh, role: nil,
            emptiness: "Both tokens are empty.")
        return ReadTokens(
            tokens: tokens, shape: "token endpoint answer", expiryUnit: lifetime == nil ? .none : .seconds)
    }
}
