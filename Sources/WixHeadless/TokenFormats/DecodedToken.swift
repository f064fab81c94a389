public import Foundation
public import VisitorSessions

/// A token's readable contents. Nothing is verified: use it for display and countdowns, never for a decision that could
/// lose a session.
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
        header = parts.flatMap(\.header).map { ClaimList($0).claims } ?? []
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
    var payload: JSONValue
    private let headerBytes: [UInt8]

    /// Always there, but read only on demand: most callers want the payload alone.
    var header: JSONValue? { try? JSONReader.read(headerBytes) }

    /// `nil` if `token` is too long or in an unknown format.
    init?(_ token: String) {
        guard token.utf8.count <= DecodedToken.sizeLimit else { return nil }
        let parts = token.withBytes { bytes -> (format: DecodedToken.Format, header: [UInt8], payload: [UInt8])? in
            // Splitting the bytes takes a tenth of the time that splitting the string does.
            let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
            let (format, first) = Self.form(of: bytes)
            guard dots.count == first + 2 else { return nil }
            let start = first == 0 ? 0 : dots[first - 1] + 1
            guard let header = Data.bytes(base64URL: .init(rebasing: bytes[start..<dots[first]])),
                let payload = Data.bytes(base64URL: .init(rebasing: bytes[dots[first] + 1..<dots[first + 1]]))
            else { return nil }
            return (format, header, payload)
        }
        guard let parts, JSONReader.holdsObject(parts.header), let payload = try? JSONReader.read(parts.payload),
            payload.isObject
        else { return nil }
        format = parts.format
        headerBytes = parts.header
        self.payload = Self.unpacked(payload)
    }

    /// The format, and how many parts are before the header.
    private static func form(of token: UnsafeBufferPointer<UInt8>) -> (DecodedToken.Format, Int) {
        if token.starts(with: "OauthNG.JWS.".utf8) { return (.wixAccess, 2) }
        return token.starts(with: "JWS.".utf8) ? (.wixRefresh, 1) : (.jwt, 0)
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
