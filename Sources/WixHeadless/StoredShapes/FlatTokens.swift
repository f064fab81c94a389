import struct Foundation.Date

/// Both tokens side by side: in the browser's local storage with an expiry in milliseconds and a role, and in
/// Dart and Flutter with an expiry in ISO 8601: `{"accessToken","refreshToken","expiresAt","role"}`.
enum FlatTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["accessToken"]?.string != nil || json["refreshToken"]?.string != nil else { return nil }
        let expiry = try TokenField.expiry(json["expiresAt"], "expiresAt")
        let slots = TokenSlots(
            access: .init(value: json["accessToken"], name: "accessToken"),
            refresh: .init(value: json["refreshToken"], name: "refreshToken"), expiresAt: expiry.date,
            role: try TokenField.role(json["role"], "role"))
        return try ReadTokens(
            slots, shape: json["grantType"] == nil ? "local storage tokens" : "Dart client tokens",
            expiryUnit: expiry.unit)
    }
}
