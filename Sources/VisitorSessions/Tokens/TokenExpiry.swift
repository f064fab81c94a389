public import struct Foundation.Date

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
