public import struct Foundation.Date

/// A stored session, without its tokens: everything that a list shows, and nothing secret.
///
/// The tokens are read apart (``SessionStore/opened(_:)``), and only for what is opened or used.
public struct VisitorSession: Hashable, Sendable, Identifiable {
    public let id: SessionID

    /// What a person calls it: text without control characters, and otherwise untrusted.
    public var label: String

    /// The OAuth client that the tokens were given to. A renewal names it.
    public var clientID: String

    /// The anonymous visitor that the access token names, where it names one.
    public var visitorID: String?

    /// Which issuer gave its tokens, as ``TokenIssuer/name`` says. `nil`: not known.
    public var issuer: String?

    public var role: TokenRole
    public var accessExpiry: TokenExpiry
    public var refreshExpiry: TokenExpiry

    /// When the session was stored first.
    public var createdAt: Date

    /// When its present tokens came in, whichever way.
    public var tokensAt: Date

    /// When it was renewed last. `nil`: never.
    public var renewedAt: Date?
    public var renewalCount: Int

    /// Whether a scheduler may renew it unasked.
    public var autoRenew: Bool

    /// Who is renewing it, and until when they may.
    public var lease: SessionLease?

    /// When its refresh token was sent to the issuer with no answer recorded since.
    public var sentAt: Date?

    /// When the issuer refused its refresh token for good.
    public var refusedAt: Date?

    /// How many renewals in a row have failed without a definite end.
    public var failures: Int

    /// No renewal before this time of the issuer's clock, unless a person wants it. `nil`: at any time.
    public var retryAt: Date?

    /// When it was put away.
    public var discardedAt: Date?

    /// Why its row cannot be read, where it cannot. The other fields are then only as good as the row.
    public var damage: String?

    /// Counts the writes of this session. A write names the version that it saw, and fails on any other.
    public var version: Int

    /// A session as it is before it is stored for the first time.
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

    /// `text` as a label: labels are text without control characters, and each of them becomes a space.
    package static func label(_ text: String) -> String {
        guard hasControlCharacters(text) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    package static func hasControlCharacters(_ text: String) -> Bool {
        text.unicodeScalars.contains(where: isControl)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }

    /// Describes `tokens` in the fields that mirror them, and forgets what was known of those before them.
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

    /// The share of the access token's life that is left, from 0 to 1. `nil` where its expiry is not known.
    public func accessShareLeft(at now: Date) -> Double? {
        guard let expiresAt = accessExpiry.date else { return nil }
        let life = max(expiresAt.timeIntervalSince(tokensAt), 1)
        return min(max(expiresAt.timeIntervalSince(now) / life, 0), 1)
    }
}

/// A session and its tokens, read in one go.
public struct OpenedSession: Sendable {
    public var session: VisitorSession
    public var tokens: Tokens

    public init(_ session: VisitorSession, tokens: Tokens) {
        self.session = session
        self.tokens = tokens
    }
}

/// The right to renew one session, held by one process until its deadline.
public struct SessionLease: Hashable, Sendable {
    /// The longest that a lease lasts.
    public static let longest = Duration.seconds(600)

    /// Who holds it, as ``SessionManager`` names itself.
    public var holder: String

    /// Until when, by the store's own clock.
    public var deadline: Date

    public init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
    }

    /// The right of `holder` for `duration` from `now`, though never for more than ``longest``.
    public init(holder: String, from now: Date, for duration: Duration) {
        self.init(holder: holder, deadline: now + min(duration, Self.longest))
    }

    /// Whether it keeps `other` from renewing at `now`, by the store's clock. A deadline further ahead than leases last
    /// comes from a clock that has been set back since, and keeps nobody.
    public func blocks(_ other: String, at now: Date) -> Bool {
        holder != other && deadline > now && deadline <= now + Self.longest
    }

    /// A holder that nobody else is, though they may go by one name.
    static func holder(named name: String) -> String {
        "\(name) \(SessionID())"
    }

    /// The name that the holder goes by.
    public var holderName: String {
        let words = holder.split(separator: " ")
        let isUnique = words.last.flatMap { SessionID($0) } != nil
        return (isUnique ? words.dropLast() : words[...]).joined(separator: " ")
    }
}
