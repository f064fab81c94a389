public import struct Foundation.Date

/// A stored session without its tokens: everything that a list shows, and no secrets.
///
/// Tokens are read separately (``SessionStore/opened(_:)``), only when they are needed.
public struct VisitorSession: Hashable, Sendable, Identifiable {
    public let id: SessionID

    /// The label: text without control characters, otherwise untrusted.
    public var label: String

    /// The OAuth client that the tokens were granted to. Renewals use it.
    public var clientID: String

    /// The anonymous visitor's ID in the access token, if any.
    public var visitorID: String?

    /// The issuer that granted the tokens (``TokenIssuer/name``), or `nil` if unknown.
    public var issuer: String?

    public var role: TokenRole
    public var accessExpiry: TokenExpiry
    public var refreshExpiry: TokenExpiry

    /// When the session was first stored.
    public var createdAt: Date

    /// When the current tokens were stored.
    public var tokensAt: Date

    /// When it was last renewed, or `nil`.
    public var renewedAt: Date?
    public var renewalCount: Int

    /// Whether schedulers renew it automatically.
    public var autoRenew: Bool

    /// The current lease, if any.
    public var lease: SessionLease?

    /// When its refresh token was sent, if no response has been recorded since.
    public var sentAt: Date?

    /// When the issuer definitely refused its refresh token.
    public var refusedAt: Date?

    /// The number of consecutive failed renewals without a definite result.
    public var failures: Int

    /// The earliest time for the next automatic renewal, on the issuer's clock. `nil`: no restriction.
    public var retryAt: Date?

    public var discardedAt: Date?

    /// Why the row can't be read. The other fields may then be incomplete.
    public var damage: String?

    /// The number of writes. A write fails unless it names the current version.
    public var version: Int

    /// A session before it is first stored.
    public init(
        id: SessionID = SessionID(), label: String = "", clientID: String, issuer: String? = nil, tokens: Tokens,
        at now: Date
    ) {
        self.id = id
        self.label = label
        self.clientID = clientID
        self.issuer = issuer
        self.role = tokens.role
        self.accessExpiry = .absent
        self.refreshExpiry = .absent
        self.createdAt = now
        self.tokensAt = now
        self.renewalCount = 0
        self.autoRenew = false
        self.failures = 0
        self.version = 0
        apply(tokens, at: now)
    }

    /// Replaces control characters with spaces, which makes `text` a valid label.
    package static func label(_ text: String) -> String {
        guard hasControlCharacters(text) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    package static func hasControlCharacters(_ text: String) -> Bool {
        // Most texts are ASCII, and looking up a scalar's category takes many times as long.
        guard text.withBytes({ $0.contains { $0 < 0x20 || $0 >= 0x7F } }) else { return false }
        return text.unicodeScalars.contains(where: isControl)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }

    /// Sets the fields that describe the tokens, and resets what was known of the previous tokens.
    public mutating func apply(_ tokens: Tokens, at now: Date) {
        visitorID = tokens.accessToken?.visitorID ?? visitorID
        role = tokens.role
        accessExpiry = tokens.accessExpiry
        refreshExpiry = tokens.refreshExpiry
        tokensAt = now
        sentAt = nil
        refusedAt = nil
        failures = 0
        retryAt = nil
    }

    /// The remaining share of the access token's lifetime, from 0 to 1. `nil` if its expiry isn't known.
    public func remainingAccessShare(at now: Date) -> Double? {
        guard let expiresAt = accessExpiry.date else { return nil }
        let life = max(expiresAt.timeIntervalSince(tokensAt), 1)
        return min(max(expiresAt.timeIntervalSince(now) / life, 0), 1)
    }
}

/// A session and its tokens of the same version.
public struct OpenedSession: Sendable {
    public var session: VisitorSession
    public var tokens: Tokens

    public init(_ session: VisitorSession, tokens: Tokens) {
        self.session = session
        self.tokens = tokens
    }
}

/// Tokens that were replaced in a session, and what the session recorded about them.
public struct ReplacedTokens: Hashable, Sendable {
    public var tokens: Tokens
    public var clientID: String
    public var visitorID: String?
    public var issuer: String?

    /// When the session got the access token (``VisitorSession/tokensAt``), if known.
    public var tokensAt: Date?

    /// When the issuer refused the refresh token (``VisitorSession/refusedAt``). `nil`: it hasn't.
    public var refusedAt: Date?

    public init(
        _ tokens: Tokens, clientID: String, visitorID: String? = nil, issuer: String? = nil, tokensAt: Date? = nil,
        refusedAt: Date? = nil
    ) {
        self.tokensAt = tokensAt
        self.refusedAt = refusedAt
        self.tokens = tokens
        self.clientID = clientID
        self.visitorID = visitorID
        self.issuer = issuer
    }

    public init(_ opened: OpenedSession) {
        let session = opened.session
        self.init(
            opened.tokens, clientID: session.clientID, visitorID: session.visitorID, issuer: session.issuer,
            tokensAt: session.tokensAt, refusedAt: session.refusedAt)
    }
}

extension Collection<VisitorSession> {
    /// The session to use if several hold, or held, the same token: the first in use that has a refresh token, otherwise
    /// the first in use, otherwise the first.
    package var preferredHolder: VisitorSession? {
        let inUse = filter { $0.damage == nil && $0.discardedAt == nil }
        return inUse.first { $0.refreshExpiry != .absent } ?? inUse.first ?? first
    }
}

/// The exclusive right to renew a session until a deadline.
public struct SessionLease: Hashable, Sendable {
    /// The maximum duration of a lease.
    public static let longest = Duration.seconds(600)

    public var holder: String

    /// When it expires, by the store's clock.
    public var deadline: Date

    public init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
    }

    /// A lease from `now` for `duration`, at most ``longest``.
    public init(holder: String, from now: Date, for duration: Duration) {
        self.init(holder: holder, deadline: now + min(duration, Self.longest))
    }

    /// Whether the lease prevents `other` from renewing at `now`, by the store's clock. A deadline beyond the longest
    /// lease comes from a clock that has been set back since, and is ignored.
    public func blocks(_ other: String, at now: Date) -> Bool {
        holder != other && deadline > now && deadline <= now + Self.longest
    }

    /// A holder that is unique, even among processes with the same name.
    static func holder(named name: String) -> String {
        "\(name) \(SessionID())"
    }

    /// The holder's name without its unique part.
    public var holderName: String {
        let words = holder.split(separator: " ")
        let isUnique = words.last.flatMap { SessionID($0) } != nil
        return (isUnique ? words.dropLast() : words[...]).joined(separator: " ")
    }
}
