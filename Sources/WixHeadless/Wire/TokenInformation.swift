public import struct Foundation.Date

/// An issuer's description of a token (Wix documentation, token info).
public struct TokenInformation: Hashable, Sendable {
    public var isActive: Bool

    /// Who it identifies: `APP`, `USER`, `MEMBER`, `VISITOR` or `UNKNOWN`.
    public var subjectType: String?
    public var subjectID: String?

    /// On the issuer's clock.
    public var issuedAt: Date?
    public var expiresAt: Date?
    public var clientID: String?
    public var siteID: String?
    public var instanceID: String?

    /// The issuer's clock when it responded, if known.
    public var serverDate: Date?

    public init(isActive: Bool) {
        self.isActive = isActive
    }
}

extension TokenInformation {
    /// `nil` if `json` doesn't say whether the token is active.
    ///
    /// Numbers and booleans may be strings, as in the documentation's sample.
    init?(_ json: JSONValue) {
        switch json["active"] {
        case .bool(let value)?: self.init(isActive: value)
        case .string(let text)? where ["true", "false"].contains(text.lowercased()):
            self.init(isActive: text.lowercased() == "true")
        default: return nil
        }
        subjectType = Self.text(json["subjectType"])
        subjectID = Self.text(json["subjectId"])
        issuedAt = json["iat"].flatMap(ExpiryUnit.read)?.date
        expiresAt = json["exp"].flatMap(ExpiryUnit.read)?.date
        clientID = Self.text(json["clientId"])
        siteID = Self.text(json["siteId"])
        instanceID = Self.text(json["instanceId"])
    }

    private static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string.map({ SafeText.shown($0, limit: 128) }), !text.isEmpty else { return nil }
        return text
    }
}
