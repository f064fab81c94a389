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
                hint: "\(key(.down)) scroll · \(key(.last)) symbols · \(key(.back)) close",
                lines: PopupLines.help(of: focus, model), scroll: scroll
            ).draw(in: &frame)
        case .notice(let notice):
            PopupBox(
                title: notice.title, hint: "\(key(.back)) close", lines: PopupLines.notice(notice, model),
                scroll: notice.scroll
            ).draw(in: &frame)
        case .confirmation(let confirmation):
            PopupBox(
                title: PopupLines.title(confirmation), hint: "\(key(.confirm)) confirm · any other key cancels",
                lines: PopupLines.confirmation(confirmation, model)
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
                title: editor.session.map { "set tokens on \($0.shortName)" } ?? "set tokens as a new session",
                hint: SetEditorLines.hint(editor, model),
                lines: SetEditorLines.lines(editor, model), width: 72
            ).draw(in: &frame)
            let typed = min(editor.field.cursor, TextField.maskedCharacters)
            frame.cursor = Place(row: area.row, column: min(area.column + typed, frame.size.width - 1))
            frame.showsCursor = true
        }
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
            title: "copy from \(whose)",
            hint: "\(model.key(.accept, in: .menu)) copy · \(model.key(.back, in: .menu)) back", lines: lines,
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
            hint: "\(model.key(.accept, in: .palette)) run · \(model.key(.back, in: .palette)) close",
            lines: [StyledLine(), StyledLine()] + found + filler,
            window: (shown, commands.count), width: 74
        ).draw(in: &frame)
        frame.put(":", row: area.row, column: area.column, style: Style(.accent, bold: true))
        palette.field.draw(row: area.row, columns: area.column + 2..<area.column + area.width, in: &frame)
        for (offset, choice) in shown.enumerated() { area.addHitRegion(.choice(choice), line: offset + 2, in: &frame) }
    }
}
