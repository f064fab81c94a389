import VisitorSessions

/// The keys that work in one pane, and the signs of the states.
enum HelpLines {
    static func lines(of focus: Focus, _ model: Model) -> [StyledLine] {
        let keys = model.keymap.bindings(in: focus).map { binding in
            let name = binding.keys.map(\.name).joined(separator: " ")
            var line = StyledLine(name, binding.help, nameWidth: 12)
            line.parts[0].style = Style(.match)
            return line
        }
        let states = SessionState.allCases.map { state in
            StyledLine("\(state.glyph) \(state.rawValue)", state.meaning, style: Style(state.role), nameWidth: 14)
        }
        return keys + [StyledLine()] + states
            + [StyledLine("a", "it is renewed automatically", style: Style(.renewing), nameWidth: 14)]
    }
}
