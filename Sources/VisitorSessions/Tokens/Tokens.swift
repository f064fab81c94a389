public import struct Foundation.Date

/// What a visitor has: an access token, a refresh token, or both.
///
/// Real applications store halves too: some cookies hold a refresh token alone, and a copied `Authorization`
/// header is an access token alone. Both are kept and shown as what they are.
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

/// The short-lived token that a client sends with its requests (RFC 6749, section 1.4).
public struct AccessToken: Hashable, Sendable {
    public var value: Secret

    /// When it stops working, on the issuer's clock. `nil` where nobody said: neither `expires_in` nor a claim.
    public var expiresAt: Date?

    /// The anonymous visitor that the token names, where it names one. Read from the token without
    /// verification: for people to look at, never for a decision.
    public var visitorID: String?

    public init(_ value: Secret, expiresAt: Date?, visitorID: String? = nil) {
        self.value = value
        self.expiresAt = expiresAt
        self.visitorID = visitorID
    }
}

/// The long-lived token that is redeemed for new access tokens (RFC 6749, section 1.5).
public struct RefreshToken: Hashable, Sendable {
    public var value: Secret
    public var role: TokenRole

    /// When the token itself says that it ends, on the issuer's clock. `nil` where it does not say.
    public var expiresAt: Date?

    public init(_ value: Secret, role: TokenRole = .visitor, expiresAt: Date? = nil) {
        self.value = value
        self.role = role
        self.expiresAt = expiresAt
    }
}

/// Whom a refresh token stands for, in the words of the Wix JavaScript SDK.
public enum TokenRole: String, Sendable, Hashable, CaseIterable, Codable {
    /// An anonymous person on a site.
    case visitor
    /// A person who has logged in.
    case member
    /// Nobody: the SDK's empty pair has this role.
    case none
}

/// When a token ends, as far as anybody knows.
public enum TokenExpiry: Hashable, Sendable {
    /// There is no such token.
    case absent
    /// At this time of the issuer's clock.
    case at(Date)
    /// There is a token, and nothing says when it ends: it is taken to work until it is refused.
    case unknown

    init(_ expiresAt: Date??) {
        self =
            switch expiresAt {
            case .none: .absent
            case .some(.none): .unknown
            case .some(.some(let date)): .at(date)
            }
    }

    /// The time, where it is known.
    public var date: Date? {
        guard case .at(let date) = self else { return nil }
        return date
    }

    /// Whether a token is there and works at `instant`, as far as its expiry says.
    public func isAlive(at instant: Date) -> Bool {
        switch self {
        case .absent: false
        case .at(let date): date > instant
        case .unknown: true
        }
    }
}

extension TokenExpiry: Comparable {
    /// Absent first, then by time, unknown last: the order in which sessions want attention.
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

/// A string that must not leak: a token, as the issuer gave it.
///
/// Every description, reflection and interpolation of a secret is redacted, and it is deliberately not
/// `Codable`: it reaches a file or a wire only where somebody calls ``reveal()``, which is a named act that
/// a reviewer can search for.
public struct Secret: Hashable, Sendable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The text itself. Whoever calls this answers for where it goes.
    public func reveal() -> String {
        text
    }

    /// Whether there is no text at all.
    public var isEmpty: Bool {
        text.isEmpty
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
