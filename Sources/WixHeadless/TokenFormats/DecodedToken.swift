public import Foundation
public import VisitorSessions

/// A token's readable contents. Nothing is verified: use it for display and countdowns, never for a decision that costs
/// a session.
///
/// Any text can be decoded; unreadable text is ``Format-swift.enum/opaque``. The token itself isn't kept.
public struct DecodedToken: Hashable, Sendable {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// `OauthNG.JWS.<header>.<payload>.<signature>`
        case wixAccess
        /// `JWS.<header>.<payload>.<signature>`
        case wixRefresh
        /// `<header>.<payload>.<signature>` (RFC 7519)
        case jwt
        /// Anything else.
        case opaque
    }

    /// The longest token to decode, in bytes.
    public static let sizeLimit = 65_536

    public let format: Format
    public let header: [Claim]
    public let claims: [Claim]
    public let issuedAt: Date?
    public let expiresAt: Date?

    /// The anonymous visitor (`data.instance.aid`), not a JWT's subject.
    public let visitorID: String?

    /// Whether it identifies a logged-in person (`uid`).
    public let isMember: Bool

    public init(_ token: Secret) {
        let parts = TokenParts(token.reveal())
        let payload = parts?.payload ?? .null
        format = parts?.format ?? .opaque
        header = parts.map { ClaimList($0.header).claims } ?? []
        claims = ClaimList(payload).claims
        let facts = TokenFacts(payload: payload)
        issuedAt = facts.issuedAt
        expiresAt = facts.expiresAt
        visitorID = facts.visitorID
        isMember = facts.isMember
    }
}

extension DecodedToken.Format: CustomStringConvertible {
    public var description: String {
        switch self {
        case .wixAccess: "Wix access token"
        case .wixRefresh: "Wix refresh token"
        case .jwt: "JWT"
        case .opaque: "opaque token"
        }
    }
}

/// The format, header and payload of a signed token (RFC 7515, section 3.1; Wix documentation).
struct TokenParts {
    var format: DecodedToken.Format
    var header: JSONValue
    var payload: JSONValue

    /// `nil` if `token` is too long or in an unknown format.
    init?(_ token: String) {
        guard token.utf8.count <= DecodedToken.sizeLimit else { return nil }
        // Splits bytes, which takes a tenth of the time.
        var parts = token.utf8.split(separator: UInt8(ascii: "."), maxSplits: 6, omittingEmptySubsequences: false)
            .map(Substring.init)
        if parts.starts(with: ["OauthNG", "JWS"]) {
            format = .wixAccess
            parts.removeFirst(2)
        } else if parts.first == "JWS" {
            format = .wixRefresh
            parts.removeFirst()
        } else {
            format = .jwt
        }
        guard parts.count == 3, let header = Self.object(parts[0]), let payload = Self.object(parts[1]) else {
            return nil
        }
        self.header = header
        self.payload = Self.unpacked(payload)
    }

    private static func object(_ part: Substring) -> JSONValue? {
        guard let bytes = Data(base64URL: part), let json = try? JSONReader.read(bytes), json.isObject else {
            return nil
        }
        return json
    }

    /// Wix packs `data` as JSON in a string. Other strings stay.
    private static func unpacked(_ payload: JSONValue) -> JSONValue {
        guard case .object(var members) = payload else { return payload }
        for index in members.indices where members[index].name == "data" {
            guard case .string(let packed) = members[index].value, let value = try? JSONReader.read(packed.utf8)
            else { continue }
            members[index].value = value
        }
        return .object(members)
    }
}
