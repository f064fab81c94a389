import struct Foundation.Date

/// Both tokens side by side: in the browser's local storage with an expiry in milliseconds and a role, and in
/// Dart and Flutter with an expiry in ISO 8601: `{"accessToken","refreshToken","expiresAt","role"}`.
enum FlatTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["accessToken"]?.string != nil || json["refreshToken"]?.string != nil else { return nil }
        let access = try TokenField.token(json["accessToken"], "accessToken")
        let expiry = try TokenField.expiry(json["expiresAt"], "expiresAt")
        let tokens = try TokenField.tokens(
            access: access, expiresAt: expiry.date,
            refresh: try TokenField.token(json["refreshToken"], "refreshToken"),
            role: try TokenField.role(json["role"], "role"), emptiness: "Both tokens are empty.")
        return ReadTokens(
            tokens: tokens, shape: json["grantType"] == nil ? "local storage tokens" : "Dart client tokens",
            expiryUnit: access == nil ? .none : expiry.unit)
    }
}
