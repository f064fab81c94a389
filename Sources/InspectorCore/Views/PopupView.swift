import TerminalText
import VisitorSessions

/// The top popup.
enum PopupView {
    static func draw(_ popup: Popup, of model: Model, in frame: inout Frame) {
        let key = { (action: Action) in model.key(action, in: popup.focus) }
        switch popup {
        case .help(let focus, let scroll):
            PopupBox(
                title: "keys in the \(focus.rawValue)",
                hint: "\(key(.down)) scroll · \(key(.last)) signs · \(key(.back)) closes",
                lines: helpLines(of: focus, model), scroll: scroll
            ).draw(in: &frame)
        case .notice(let notice):
            PopupBox(
                title: notice.title, hint: "\(key(.back)) closes", lines: noticeLines(notice, model),
                scroll: notice.scroll
            ).draw(in: &frame)
        case .confirmation(let confirmation):
            PopupBox(
                title: title(confirmation), hint: "\(key(.confirm)) confirm · any other key cancels",
                lines: lines(confirmation, model, height: frame.size.height)
            ).draw(in: &frame)
        case .palette(let palette): draw(palette, model, in: &frame)
        case .copy(let menu): draw(menu, model, in: &frame)
        case .label(let editor):
            let area = PopupBox(
                title: "label of \(editor.session.id.prefix(6))", hint: "\(key(.accept)) save · \(key(.back)) cancel",
                lines: [StyledLine()], width: 60
            ).draw(in: &frame)
            editor.field.draw(row: area.row, columns: area.column..<area.column + area.width, in: &frame)
        case .setTokens(let editor):
            let area = PopupBox(
                title: "set tokens on \(editor.targetName)", hint: SetEditorLines.hint(editor, model),
                lines: SetEditorLines.lines(editor, model), width: 72
            ).draw(in: &frame)
            let typed = min(editor.field.cursor, TextField.maskedCharacters)
            frame.cursor = Place(row: area.row, column: min(area.column + typed, frame.size.width - 1))
            frame.showsCursor = true
        }
    }

    /// The last scroll position of a popup.
    static func scrollLimit(of popup: Popup, _ model: Model) -> Int {
        let count =
            switch popup {
            case .help(let focus, _): helpLines(of: focus, model).count
            case .notice(let notice): noticeLines(notice, model).count
            default: 0
            }
        return max(count - (model.size.height - 2), 0)
    }

    // MARK: Lines to read

    private static func helpLines(of focus: Focus, _ model: Model) -> [StyledLine] {
        let width = min(model.layout.popupWidth, 90)
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

    private static func noticeLines(_ notice: Notice, _ model: Model) -> [StyledLine] {
        let names = min((notice.lines.map { DisplayWidth.of($0.name) }.max() ?? 0) + 2, 20)
        return notice.lines.flatMap { line in
            StyledLine.facts(
                line.name, line.value, width: model.layout.popupWidth, style: Style(line.isFailure ? .error : .plain),
                nameWidth: names)
        }
    }

    /// The width of the longest state and the gap before it.
    private static let stateWidth = 12

    private static func title(_ confirmation: Confirmation) -> String {
        let count = confirmation.sessions.count
        return "\(confirmation.verb) \(count == 1 ? "this session" : "\(count) sessions")?"
    }

    private static func lines(_ confirmation: Confirmation, _ model: Model, height: Int) -> [StyledLine] {
        let warning = StyledLine.wrapped(confirmation.warning, width: model.layout.popupWidth, style: .dim)
        // Without the frame, the blank line, and the line about the rest.
        let room = max(height - warning.count - 4, 1)
        let shown = confirmation.sessions.prefix(room)
        let rest = confirmation.sessions.count - shown.count
        let nameWidth = min(40, model.layout.popupWidth - stateWidth)
        return shown.map { session in
            let state = model.state(of: session)
            let name = DisplayWidth.fit("\(state.glyph) \(session.shortName)", to: nameWidth - 1)
            return StyledLine(name, state.rawValue, style: Style(state.role), nameWidth: nameWidth)
        } + (rest > 0 ? [StyledLine("… and \(rest) more", .dim)] : []) + [StyledLine()] + warning
    }

    // MARK: Choices

    private static func draw(_ menu: CopyMenu, _ model: Model, in frame: inout Frame) {
        let height = max(frame.size.height - 4, 3)
        let shown = ChoiceLine.window(of: menu.choices.count, around: menu.choice, height: height)
        let names = menu.choices.map { choice in
            if case .form(.claim(let name, _)) = choice { DisplayWidth.of(name) + 2 } else { 0 }
        }
        let nameWidth = min(names.max() ?? 0, 30)
        let lines = shown.map { place in
            let (key, text) = text(of: menu.choices[place], nameWidth: nameWidth)
            // Claims have no keys.
            return ChoiceLine.line(isChosen: place == menu.choice, key, text, keyWidth: nameWidth > 0 ? 0 : 8)
        }
        let whose = menu.sessions.count == 1 ? menu.sessions[0].shortName : "\(menu.sessions.count) sessions"
        let area = PopupBox(
            title: "copy of \(whose)",
            hint: "\(model.key(.accept, in: .menu)) copies · \(model.key(.back, in: .menu)) goes back", lines: lines,
            window: (shown, menu.choices.count)
        ).draw(in: &frame)
        frame.cursor = Place(row: area.row + menu.choice - shown.lowerBound, column: area.column)
        for (offset, choice) in shown.enumerated() { area.addHitRegion(.choice(choice), line: offset, in: &frame) }
    }

    private static func text(of choice: CopyMenu.Choice, nameWidth: Int) -> (key: String, text: String) {
        switch choice {
        case .form(.claim(let name, let value)): ("", name.padding(toWidth: nameWidth) + value)
        case .form(let form): (form.key.map { String($0) } ?? "", form.name)
        case .claims: ("m", "one claim…")
        }
    }

    private static func draw(_ palette: Palette, _ model: Model, in frame: inout Frame) {
        let commands = model.keymap.commands(palette)
        let height = max(min(frame.size.height - 6, 16), 3)
        let shown = ChoiceLine.window(of: commands.count, around: palette.choice, height: height)
        let lines = shown.map { place in
            let binding = commands[place]
            return ChoiceLine.line(
                isChosen: place == palette.choice, binding.keys.first?.name ?? "",
                "\(binding.action.rawValue): \(binding.help)", isDim: binding.disabledReason(in: model) != nil)
        }
        let empty = [StyledLine("No such command", .dim)]
        // The height is constant, so that the box doesn't jump while text is typed.
        let found = lines.isEmpty ? empty : lines
        let filler = Array(repeating: StyledLine(), count: max(height - found.count, 0))
        let area = PopupBox(
            title: "commands",
            hint: "\(model.key(.accept, in: .palette)) runs it · \(model.key(.back, in: .palette)) closes",
            lines: [StyledLine(), StyledLine()] + found + filler,
            window: (shown, commands.count), width: 74
        ).draw(in: &frame)
        frame.put(":", row: area.row, column: area.column, style: Style(.accent, bold: true))
        palette.field.draw(row: area.row, columns: area.column + 2..<area.column + area.width, in: &frame)
        for (offset, choice) in shown.enumerated() { area.addHitRegion(.choice(choice), line: offset + 2, in: &frame) }
    }
}
