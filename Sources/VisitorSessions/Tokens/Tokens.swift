public import struct Foundation.Date

/// A visitor's access token, refresh token, or both.
///
/// Applications also store halves: some cookies hold only a refresh token, and a copied `Authorization` header is only
/// an access token.
public struct Tokens: Hashable, Sendable {
    public var accessToken: AccessToken?
    public var refreshToken: RefreshToken?

    public init(accessToken: AccessToken? = nil, refreshToken: RefreshToken? = nil) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
    }

    public var isEmpty: Bool {
        accessToken == nil && refreshToken == nil
    }

    public var role: TokenRole {
        refreshToken?.role ?? .visitor
    }

    public var accessExpiry: TokenExpiry {
        TokenExpiry(accessToken.map(\.expiresAt))
    }

    public var refreshExpiry: TokenExpiry {
        TokenExpiry(refreshToken.map(\.expiresAt))
    }
}

/// The short-lived token that a client sends with requests (RFC 6749, section 1.4).
public struct AccessToken: Hashable, Sendable {
    public var value: Secret

    /// When it expires, on the issuer's clock. `nil` if neither `expires_in` nor a claim says so.
    public var expiresAt: Date?

    /// The anonymous visitor's ID in the token, if any. It isn't verified: show it, but never base a decision on it.
    public var visitorID: String?

    public init(_ value: Secret, expiresAt: Date?, visitorID: String? = nil) {
        self.value = value
        self.expiresAt = expiresAt
        self.visitorID = visitorID
    }
}

/// The long-lived token that is redeemed for access tokens (RFC 6749, section 1.5).
public struct RefreshToken: Hashable, Sendable {
    public var value: Secret
    public var role: TokenRole

    /// When it expires according to the token itself, on the issuer's clock. `nil` if it doesn't say.
    public var expiresAt: Date?

    public init(_ value: Secret, role: TokenRole = .visitor, expiresAt: Date? = nil) {
        self.value = value
        self.role = role
        self.expiresAt = expiresAt
    }
}

/// Whom a refresh token represents, in the terms of the Wix JavaScript SDK.
public enum TokenRole: String, Sendable, Hashable, CaseIterable, Codable {
    /// An anonymous person on a site.
    case visitor
    /// A person who has logged in.
    case member
    /// The role of the SDK's empty pair.
    case none
}

/// When a token expires, as far as is known.
public enum TokenExpiry: Hashable, Sendable {
    /// There is no token.
    case absent
    /// The token expires at this time, on the issuer's clock.
    case at(Date)
    /// There is a token with unknown expiry. It is used until it is refused.
    case unknown

    init(_ expiresAt: Date??) {
        self =
            switch expiresAt {
            case .none: .absent
            case .some(.none): .unknown
            case .some(.some(let date)): .at(date)
            }
    }

    public var date: Date? {
        guard case .at(let date) = self else { return nil }
        return date
    }

    /// Whether there is a token that works at `instant`, according to its expiry.
    public func isUsable(at instant: Date) -> Bool {
        switch self {
        case .absent: false
        case .at(let date): date > instant
        case .unknown: true
        }
    }
}

extension TokenExpiry: Comparable {
    /// Absent first, then by time, unknown last: the order in which sessions need attention.
    public static func < (left: TokenExpiry, right: TokenExpiry) -> Bool {
        switch (left, right) {
        case (.at(let left), .at(let right)): left < right
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .absent: 0
        case .at: 1
        case .unknown: 2
        }
    }
}

/// A string that must not leak, such as a token.
///
/// All its descriptions are redacted, and it isn't `Codable`. The text is available only through ``reveal()``, which
/// reviewers can search for.
public struct Secret: Hashable, Sendable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The text itself. The caller is responsible for where it goes.
    public func reveal() -> String {
        text
    }

    public var isEmpty: Bool {
        text.isEmpty
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
