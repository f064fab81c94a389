public import Foundation
public import VisitorSessions

/// What a token says, as far as it can be read without a key. Nothing of it is verified: it is for people to
/// look at and for countdowns, never for a decision that costs a session.
///
/// Any text can be decoded; what cannot be read is ``Format-swift.enum/opaque``. The token itself is not kept.
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

    /// The longest token that is looked into, in bytes.
    public static let sizeLimit = 65_536

    public let format: Format
    public let header: [Claim]
    public let claims: [Claim]
    public let issuedAt: Date?
    public let expiresAt: Date?

    /// The anonymous visitor (`data.instance.aid`). The subject of a JWT is none.
    public let visitorID: String?

    /// Whether it names a person who has logged in (`uid`).
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
    /// The name for people.
    public var description: String {
        switch self {
        case .wixAccess: "Wix access token"
        case .wixRefresh: "Wix refresh token"
        case .jwt: "JWT"
        case .opaque: "opaque token"
        }
    }
}
