import Foundation
import InspectorCore
import Testing

@testable import InspectorTerminal

@Suite("The themes")
struct ThemeTests {
    /// Roles with a text color of their own.
    private static let readable = Style.Role.allCases.filter { $0 != .plain && $0 != .gauge }

    @Test("Text has enough contrast, also on the selected row", arguments: [false, true], readable)
    func contrast(isLight: Bool, role: Style.Role) {
        let theme = Theme(colors: 1 << 24, isLight: isLight)
        let look = theme.look(of: role)
        let ground: Int32 = isLight ? 0xFFFFFF : 0
        let grounds =
            look.background < 0 ? [ground, theme.color(theme.selection)] : [theme.color(look.background)]
        for ground in grounds {
            #expect(Self.contrast(theme.color(look.foreground), ground) >= 4.5)
        }
    }

    @Test("COLORFGBG decides before the terminal is asked")
    func background() {
        #expect(ScreenOptions().isLight([:]) == nil)
        #expect(ScreenOptions().isLight(["COLORFGBG": "0;15"]) == true)
        #expect(ScreenOptions().isLight(["COLORFGBG": "15;0"]) == false)
        #expect(ScreenOptions(background: .light).isLight(["COLORFGBG": "15;0"]) == true)
    }

    @Test("A person's own color replaces a role's, also among eight colors")
    func override() {
        let theme = Theme(colors: 256, isLight: false, overrides: [.expired: 9, .valid: 200])
        #expect(theme.look(of: .expired).foreground == 9 && theme.look(of: .expired).basic == 1)
        #expect(theme.look(of: .valid).foreground == 200 && theme.look(of: .valid).basic == 2)
    }

    @Test("Among few colors, what is fine is dimmed, nothing has a background, and the selected row is reversed")
    func fewColors() {
        func looks(_ colors: Int) -> [String] {
            Style.Role.allCases.map { role in
                let look = Theme(colors: colors, isLight: false).attributes(of: Style(role))
                #expect(look.background == -1 && !look.isReverse)
                return "\(role) \(look.isDim ? "dim" : look.foreground < 0 ? "plain" : "\(look.foreground)")"
            }
        }
        let sixteen = [
            "plain plain", "dim dim", "title 6", "bar dim", "barKey 3", "heading 6", "accent 6", "match 3", "error 1",
            "notice 2", "gauge 8", "secret 3", "valid 2", "expiring 3", "expired 3", "renewing 6", "unresolved 5",
            "refused 1", "discarded dim", "damaged 1",
        ]
        #expect(looks(16) == sixteen)
        #expect(looks(8) == sixteen.map { $0 == "gauge 8" ? "gauge 0" : $0 })
        for role in Style.Role.allCases {
            let selected = Theme(colors: 16, isLight: true).attributes(of: Style(role, selected: true))
            #expect(selected == Theme.Attributes(isReverse: true))
        }
    }

    /// The contrast ratio of two colors (WCAG 2.2).
    private static func contrast(_ one: Int32, _ other: Int32) -> Double {
        let (darker, lighter) = (min(luminance(one), luminance(other)), max(luminance(one), luminance(other)))
        return (lighter + 0.05) / (darker + 0.05)
    }

    private static func luminance(_ color: Int32) -> Double {
        func linear(_ shift: Int32) -> Double {
            let value = Double(color >> shift & 0xFF) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
    }
}
