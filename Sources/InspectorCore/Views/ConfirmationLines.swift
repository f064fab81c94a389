import VisitorSessions

/// What somebody is asked to say yes to: the sessions, and what it costs.
enum ConfirmationLines {
    static func lines(_ confirmation: Confirmation, _ model: Model, height: Int) -> [StyledLine] {
        let room = max(height - 7, 1)
        let shown = confirmation.sessions.prefix(room)
        let rest = confirmation.sessions.count - shown.count
        return shown.map { session in
            let state = model.state(of: session)
            return StyledLine(
                "\(state.glyph) \(session.shortName)", state.rawValue, style: Style(state.role), nameWidth: 40)
        } + (rest > 0 ? [StyledLine("… and \(rest) more", .dim)] : [])
            + [StyledLine()]
            + StyledLine.wrapped(confirmation.warning, width: max(model.size.width - 6, 20), style: .dim)
    }
}
