/// How a cell looks, in words of what it means. A theme in the terminal turns them into colours.
public struct Style: Hashable, Sendable {
    public enum Role: UInt8, Sendable, CaseIterable {
        case plain, dim, title, bar, barKey, heading, accent, match, error, notice, gauge, secret
        case valid, expiring, expired, renewing, unresolved, refused, discarded, damaged
    }

    public var role: Role
    public var isBold: Bool
    public var isSelected: Bool

    public init(_ role: Role = .plain, bold: Bool = false, selected: Bool = false) {
        self.role = role
        self.isBold = bold
        self.isSelected = selected
    }

    public static let plain = Style()
    public static let dim = Style(.dim)
}
