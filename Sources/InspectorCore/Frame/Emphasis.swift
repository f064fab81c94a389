/// How a cell looks on a terminal without colours.
public struct Emphasis: Hashable, Sendable {
    public var isBold: Bool
    public var isReversed: Bool
    public var isDim: Bool
}

extension Style {
    /// What is left of the look where there are no colours, or none wanted.
    public var emphasis: Emphasis {
        Emphasis(
            isBold: isBold, isReversed: isSelected || [.bar, .barKey].contains(role), isDim: role == .dim)
    }
}
