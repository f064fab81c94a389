/// How the screen looks, whatever is on it.
public struct ScreenOptions: Sendable {
    public enum Background: String, Sendable, CaseIterable {
        case dark, light
        /// As `COLORFGBG` has it; where that says nothing, dark.
        case auto
    }

    public var background: Background

    /// Whether nothing but ASCII is drawn.
    public var isASCII: Bool

    public init(background: Background = .auto, isASCII: Bool = false) {
        self.background = background
        self.isASCII = isASCII
    }

    func isLight(_ environment: [String: String]) -> Bool {
        guard background == .auto else { return background == .light }
        let number = environment["COLORFGBG"]?.split(separator: ";").last.flatMap { Int($0) }
        return number == 7 || number == 15
    }
}
