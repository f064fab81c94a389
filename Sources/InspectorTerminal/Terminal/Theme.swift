import CNcurses
package import InspectorCore

/// The colors of each role on each kind of terminal.
///
/// With 256 colors, text has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3) against black or white and against the
/// selected row. Gauges are fainter, because they only repeat a number.
struct Theme {
    /// A role's colors, as indexes of the palette of 256 colors. -1: the terminal's own color.
    struct Colors {
        var foreground: Int32
        var background: Int32 = -1
        /// The nearest color for terminals that have only 8 or 16 colors.
        var basic: Int32
    }

    var selection: Int32 { isLight ? 254 : 237 }

    /// How many colors the terminal has. 0: none, or they are switched off.
    let colors: Int

    /// Whether the terminal's background is light.
    var isLight: Bool

    /// The person's own colors, as indexes of the palette.
    var overrides: [Style.Role: Int32] = [:]

    /// How the terminal draws a style. -1: in its own color.
    struct Attributes: Hashable {
        var foreground: Int32 = -1
        var background: Int32 = -1
        var isBold = false
        var isReverse = false
        var isDim = false
    }

    /// Defines the color pairs: two for each role, normal and on the selected row.
    func definePairs() {
        guard colors >= 8 else { return }
        for role in Style.Role.allCases {
            for isSelected in [false, true] {
                let look = attributes(of: Style(role, selected: isSelected))
                cn_define_pair(pair(role, isSelected: isSelected), look.foreground, look.background)
            }
        }
    }

    /// Sets the style of what is written next.
    func apply(_ style: Style) {
        let look = attributes(of: style)
        cn_style(
            colors >= 8 ? pair(style.role, isSelected: style.isSelected) : 0, look.isBold ? 1 : 0,
            look.isReverse ? 1 : 0, look.isDim ? 1 : 0)
    }

    func attributes(of style: Style) -> Attributes {
        let look = look(of: style.role)
        if colors >= 256 {
            return Attributes(
                foreground: color(look.foreground), background: color(style.isSelected ? selection : look.background),
                isBold: style.isBold)
        }
        if colors >= 8 {
            // With few colors, any background is too strong, and no gray is readable on every terminal.
            return style.isSelected
                ? Attributes(isBold: style.isBold, isReverse: true)
                : Attributes(
                    foreground: basic(look.basic), isBold: style.isBold,
                    isDim: [.dim, .bar, .discarded].contains(style.role))
        }
        let emphasis = style.emphasis
        return Attributes(isBold: emphasis.isBold, isReverse: emphasis.isReversed, isDim: emphasis.isDim)
    }

    private func basic(_ color: Int32) -> Int32 { colors < 16 && color > 0 ? color % 8 : color }

    private func pair(_ role: Style.Role, isSelected: Bool) -> Int32 {
        Int32(role.rawValue) * 2 + (isSelected ? 2 : 1)
    }

    /// The number by which the terminal knows a color. With true color, it contains red, green and blue.
    func color(_ index: Int32) -> Int32 {
        guard colors > 256, index >= 16 else { return index }
        if index >= 232 { return (8 + (index - 232) * 10) * 0x010101 }
        func level(_ step: Int32) -> Int32 { step == 0 ? 0 : 55 + step * 40 }
        let cube = index - 16
        return level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6)
    }

    func look(of role: Style.Role) -> Colors {
        var look = isLight ? Self.lightLook(of: role) : Self.darkLook(of: role)
        if let color = overrides[role] {
            look.foreground = color
            if color < 16 { look.basic = color % 8 }
        }
        return look
    }

    private static func darkLook(of role: Style.Role) -> Colors {
        switch role {
        case .plain: Colors(foreground: -1, basic: -1)
        // Bright black is invisible on some terminals. That is acceptable here: the gauge only repeats a number.
        case .gauge: Colors(foreground: 236, basic: 8)
        case .secret: Colors(foreground: 223, basic: COLOR_YELLOW)
        case .dim: Colors(foreground: 248, basic: -1)
        case .title: Colors(foreground: 117, basic: COLOR_CYAN)
        case .bar: Colors(foreground: 252, background: 236, basic: -1)
        case .barKey: Colors(foreground: 222, background: 236, basic: COLOR_YELLOW)
        case .heading: Colors(foreground: 109, basic: COLOR_CYAN)
        case .accent: Colors(foreground: 75, basic: COLOR_CYAN)
        case .match: Colors(foreground: 222, basic: COLOR_YELLOW)
        case .error: Colors(foreground: 210, basic: COLOR_RED)
        case .notice: Colors(foreground: 114, basic: COLOR_GREEN)
        case .valid: Colors(foreground: 114, basic: COLOR_GREEN)
        case .expiring: Colors(foreground: 222, basic: COLOR_YELLOW)
        case .expired: Colors(foreground: 215, basic: COLOR_YELLOW)
        case .renewing: Colors(foreground: 75, basic: COLOR_CYAN)
        case .unresolved: Colors(foreground: 183, basic: COLOR_MAGENTA)
        case .refused: Colors(foreground: 210, basic: COLOR_RED)
        case .discarded: Colors(foreground: 248, basic: -1)
        case .damaged: Colors(foreground: 211, basic: COLOR_RED)
        }
    }

    private static func lightLook(of role: Style.Role) -> Colors {
        switch role {
        case .plain: Colors(foreground: -1, basic: -1)
        case .gauge: Colors(foreground: 250, basic: COLOR_WHITE)
        case .secret: Colors(foreground: 94, basic: COLOR_MAGENTA)
        case .dim: Colors(foreground: 241, basic: -1)
        case .title: Colors(foreground: 24, basic: COLOR_BLUE)
        case .bar: Colors(foreground: 236, background: 253, basic: -1)
        case .barKey: Colors(foreground: 58, background: 253, basic: COLOR_MAGENTA)
        case .heading: Colors(foreground: 24, basic: COLOR_BLUE)
        case .accent: Colors(foreground: 25, basic: COLOR_BLUE)
        case .match: Colors(foreground: 94, basic: COLOR_MAGENTA)
        case .error, .refused: Colors(foreground: 124, basic: COLOR_RED)
        case .notice, .valid: Colors(foreground: 22, basic: COLOR_GREEN)
        case .expiring: Colors(foreground: 94, basic: COLOR_MAGENTA)
        case .expired: Colors(foreground: 88, basic: COLOR_RED)
        case .renewing: Colors(foreground: 25, basic: COLOR_BLUE)
        case .unresolved: Colors(foreground: 91, basic: COLOR_MAGENTA)
        case .discarded: Colors(foreground: 241, basic: -1)
        case .damaged: Colors(foreground: 125, basic: COLOR_RED)
        }
    }
}

/// The user's display settings.
package struct ScreenOptions: Sendable {
    package enum Background: String, Sendable, CaseIterable {
        case dark, light
        /// What `COLORFGBG` says, otherwise what the terminal reports, otherwise dark.
        case auto
    }

    package var background: Background

    /// Whether only ASCII is drawn.
    package var isASCII: Bool

    /// The person's own colors, as indexes of the palette of 256 colors.
    package var colors: [Style.Role: Int32]

    package init(background: Background = .auto, isASCII: Bool = false, colors: [Style.Role: Int32] = [:]) {
        self.background = background
        self.isASCII = isASCII
        self.colors = colors
    }

    /// The index of a color: a name such as `red` or `bright-blue`, or a number of the palette. `nil`: neither.
    package static func color(named name: String) -> Int32? {
        if let number = Int32(name) { return (0...255).contains(number) ? number : nil }
        let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
        let isBright = name.hasPrefix("bright-")
        return names.firstIndex(of: isBright ? String(name.dropFirst(7)) : name).map { Int32($0) + (isBright ? 8 : 0) }
    }

    /// Whether the background is light. `nil`: the terminal has to be asked.
    func isLight(_ environment: [String: String]) -> Bool? {
        guard background == .auto else { return background == .light }
        guard let number = environment["COLORFGBG"]?.split(separator: ";").last.flatMap({ Int($0) }) else { return nil }
        return number == 7 || number == 15
    }
}

/// The terminal's background color, queried with xterm's OSC 11.
enum TerminalBackground {
    static let query = "\u{1B}]11;?\u{7}"

    /// In bytes.
    static let longestReply = 40

    /// How long to wait for a pending reply at exit. Otherwise, the shell would read it as typed text.
    static let timeout: Duration = .milliseconds(100)

    /// Whether the background is light. `nil`: this isn't a reply to the query.
    ///
    /// - Parameter reply: The contents of the control string, such as `11;rgb:ffff/ffff/dddd`.
    static func isLight(reply: [UInt8]) -> Bool? {
        let text = String(decoding: reply, as: UTF8.self)
        guard let match = text.wholeMatch(of: /11;rgba?:([0-9a-fA-F\/]+)/) else { return nil }
        let levels = match.output.1.split(separator: "/").prefix(3).compactMap { digits -> Double? in
            guard (1...4).contains(digits.count), let value = Int(digits, radix: 16) else { return nil }
            return Double(value) / Double((1 << (4 * digits.count)) - 1)
        }
        guard levels.count == 3 else { return nil }
        // Perceived brightness (ITU-R BT.601).
        return levels[0] * 0.299 + levels[1] * 0.587 + levels[2] * 0.114 > 0.5
    }
}
