import TerminalText
import VisitorSessions

/// What somebody is asked to say yes to: the sessions, and what it costs.
enum ConfirmationLines {
    /// The width of the longest state, and of what stands between it and a name.
    private static let stateWidth = 12

    static func title(_ confirmation: Confirmation) -> String {
        let count = confirmation.sessions.count
        return "\(confirmation.verb) \(count == 1 ? "this session" : "\(count) sessions")?"
    }

    static func lines(_ confirmation: Confirmation, _ model: Model, height: Int) -> [StyledLine] {
        let warning = StyledLine.wrapped(confirmation.warning, width: model.popupWidth, style: .dim)
        // The frame, the blank line, and the line that tells of the rest.
        let room = max(height - warning.count - 4, 1)
        let shown = confirmation.sessions.prefix(room)
        let rest = confirmation.sessions.count - shown.count
        let nameWidth = min(40, model.popupWidth - stateWidth)
        return shown.map { session in
            let state = model.state(of: session)
            let name = DisplayWidth.fit("\(state.glyph) \(session.shortName)", to: nameWidth - 1)
            return StyledLine(name, state.rawValue, style: Style(state.role), nameWidth: nameWidth)
        } + (rest > 0 ? [StyledLine("… and \(rest) more", .dim)] : []) + [StyledLine()] + warning
    }
}
