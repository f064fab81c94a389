import Foundation
import VisitorSessions

/// What a session takes from what its tokens say. Nothing of it is verified.
struct TokenFacts {
    let issuedAt: Date?
    let expiresAt: Date?

    /// The anonymous visitor (`data.instance.aid`). The subject of a JWT is none.
    let visitorID: String?

    /// Whether it names a person who has logged in (`uid`).
    let isMember: Bool

    init(_ token: Secret) {
        self.init(payload: TokenParts(token.reveal())?.payload ?? .null)
    }

    init(payload: JSONValue) {
        issuedAt = payload["iat"].flatMap(ExpiryUnit.read)?.date
        expiresAt = payload["exp"].flatMap(ExpiryUnit.read)?.date
        let instance = payload["data"]?["instance"]
        visitorID = Self.identifier(instance?["aid"])
        isMember = [instance, payload["data"]].contains { Self.identifier($0?["uid"]) != nil }
    }

    private static func identifier(_ value: JSONValue?) -> String? {
        guard let text = value?.string else { return nil }
        let shown = SafeText.shown(text, limit: 128)
        return shown.isEmpty ? nil : shown
    }
}
