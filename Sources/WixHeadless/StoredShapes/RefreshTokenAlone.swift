import VisitorSessions

import struct Foundation.Date

/// A refresh token alone, as the cookie `wix_refreshToken` has it: `{"value","role"}`.
enum RefreshTokenAlone: StoredShape {
    static let name = "refresh token"

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard json["value"]?.string != nil, json["expiresAt"] == nil else { return nil }
        let slots = TokenSlots(
            refresh: .init(value: json["value"], name: "value"), role: try TokenField.role(json["role"], "role"),
            emptiness: "The refresh token is empty.")
        return try ReadTokens(slots, shape: name)
    }
}
