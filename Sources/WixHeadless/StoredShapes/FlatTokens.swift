public import Foundation
public import VisitorSessions

/// The token endpoint's own response: `{"access_token","expires_in","refresh_token"}`.
///
/// The access token's lifetime starts at its `iat`, or now if it has none.
public enum EndpointTokens: StoredShape {
    static let members = ["access_token", "refresh_token"]
    static let paths = ShapePaths(
        access: "access_token", refresh: "refresh_token", expiry: "expires_at", lifetime: "expires_in")

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        let (access, refresh) = (try json.unique("access_token"), try json.unique("refresh_token"))
        guard access?.string != nil || refresh?.string != nil else { return nil }
        let slots = TokenSlots(
            access: .init(value: access, name: "access_token"), refresh: .init(value: refresh, name: "refresh_token"),
            expiry: expiry(json, access?.string, now))
        return try ReadTokens(slots, shape: "token response")
    }

    /// The end of the access token's lifetime. Some servers send the expiry itself instead.
    private static func expiry(_ json: JSONValue, _ access: String?, _ now: Date) -> TokenSlots.Expiry {
        guard let lifetime = TokenResponse(json)?.lifetime else { return .init(json["expires_at"], "expires_at") }
        let issuedAt = access.flatMap { TokenFacts(Secret($0)).issuedAt }
        return .init(date: (issuedAt ?? now).addingTimeInterval(lifetime))
    }

    /// The pair as the token endpoint would return it, on one line. The lifetime counts from the token's own `iat`, or
    /// from `now` if it has none.
    public static func json(_ tokens: Tokens, now: Date) -> Secret {
        let access = tokens.accessToken
        let start = access.flatMap { DecodedToken($0.value).issuedAt } ?? now
        var members = [
            JSONValue.Member(name: "access_token", value: .string(access?.value.reveal() ?? "")),
            .init(name: "token_type", value: .string("Bearer")),
        ]
        if let end = access?.expiresAt {
            let life = max(end.timeIntervalSince(start).rounded(.down), 0)
            members.append(.init(name: "expires_in", value: .number(String(Int(exactly: life) ?? 0))))
        }
        if let refresh = tokens.refreshToken {
            members.append(.init(name: "refresh_token", value: .string(refresh.value.reveal())))
        }
        return Secret(JSONValue.object(members).text)
    }
}

/// Both tokens side by side: in the browser's local storage with an expiry in milliseconds and a role, and in Dart and
/// Flutter with an expiry in ISO 8601: `{"accessToken","refreshToken","expiresAt","role"}`.
enum FlatTokens: StoredShape {
    static let members = ["accessToken", "refreshToken"]
    static let paths = ShapePaths(
        access: "accessToken", refresh: "refreshToken", expiry: "expiresAt", role: "role")

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        let (access, refresh) = (try json.unique("accessToken"), try json.unique("refreshToken"))
        guard access?.string != nil || refresh?.string != nil else { return nil }
        let slots = TokenSlots(
            access: .init(value: access, name: "accessToken"), refresh: .init(value: refresh, name: "refreshToken"),
            expiry: .init(json["expiresAt"], "expiresAt"), role: json["role"])
        let shape =
            json["grantType"] == nil
            ? "local storage tokens" : access == nil ? "token request" : "Dart client tokens"
        return try ReadTokens(slots, shape: shape)
    }
}

/// A refresh token alone, as in the cookie `wix_refreshToken`: `{"value","role"}`.
enum RefreshTokenAlone: StoredShape {
    static let members = ["value"]
    static let paths = ShapePaths(refresh: "value", role: "role")

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard let value = try json.unique("value")?.string, json["expiresAt"] == nil,
            json["role"] != nil || TokenText.Form(value) != .other
        else { return nil }
        let slots = TokenSlots(
            refresh: .init(value, "value"), role: json["role"], emptyMessage: "The refresh token is empty.")
        return try ReadTokens(slots)
    }
}
