import VisitorSessions

/// The keys that work in one pane, and the signs of the states.
enum HelpLines {
    static func lines(of focus: Focus, _ model: Model) -> [StyledLine] {
        let width = min(model.popupWidth, 90)
        let keys = model.keymap.bindings(in: focus).flatMap { binding in
            let name = binding.keys.map(\.name).joined(separator: " ")
            var lines = StyledLine.facts(name, binding.help, width: width, nameWidth: 12)
            lines[0].parts[0].style = Style(.match)
            return lines
        }
        let states = SessionState.allCases.flatMap { state in
            var lines = StyledLine.facts(
                "\(state.glyph) \(state.rawValue)", state.meaning, width: width, style: Style(state.role), nameWidth: 14
            )
            lines[0].parts[0].style = Style(state.role)
            return lines
        }
        return keys + [StyledLine(), StyledLine("signs", Style(.heading, bold: true))] + states
            + signs.flatMap { StyledLine.facts($0.sign, $0.meaning, width: width, nameWidth: 14) }
    }

    private static let signs: [(sign: String, meaning: String)] = [
        ("a", "beside a state: the session is renewed automatically"),
        ("✓", "the session is marked; the number above them says how many are"),
        ("██████▋░░░", "how much of its life the access token has left"),
        ("(⊘ 3)", "so many are put away, and not counted in the total"),
        ("next 4 h ▂█▁", "how many access tokens end in each part of the next four hours"),
        ("budget 12 %", "so much of the requests that may go to the issuer at once is used"),
        ("RW, RO", "changes are possible, or refused (--read-only)"),
    ]
}
