import VisitorSessions

/// The boxes that stand over the panes. One look, and one way out: Esc.
enum PopupView {
    static func draw(_ popup: Popup, of model: Model, in frame: inout Frame) {
        switch popup {
        case .help(let focus, let scroll):
            let lines = HelpLines.lines(of: focus, model)
            box("keys in the \(focus.rawValue)", lines, scroll: scroll, hint: "j k scroll · Esc closes", in: &frame)
        case .notice(let notice):
            box(
                notice.title, noticeLines(notice, model), scroll: notice.scroll, hint: "Esc closes", in: &frame)
        case .confirmation(let confirmation):
            box(
                title(confirmation), ConfirmationLines.lines(confirmation, model, height: frame.size.height),
                hint: "y says yes · any other key says no", in: &frame)
        case .palette(let palette): drawPalette(palette, model, in: &frame)
        case .copy(let menu): drawMenu(menu, model, in: &frame)
        case .label(let editor):
            let place = box(
                "label of \(editor.session.id.prefix(6))", [StyledLine()], width: 60,
                hint: "Enter keeps · Esc leaves it as it was", in: &frame)
            editor.field.draw(row: place.row, columns: place.column..<place.column + place.width, in: &frame)
        case .setTokens(let editor):
            let place = box(
                "set tokens on \(editor.targetName)", SetEditorLines.lines(editor, model), width: 72,
                hint: SetEditorLines.hint(editor), in: &frame)
            let typed = min(editor.field.cursor, SetEditorLines.shownCharacters)
            frame.cursor = Place(row: place.row, column: min(place.column + typed, frame.size.width - 1))
            frame.showsCursor = true
        }
    }

    /// How far a popup can be scrolled.
    static func scrollLimit(of popup: Popup, _ model: Model) -> Int {
        let count =
            switch popup {
            case .help(let focus, _): HelpLines.lines(of: focus, model).count
            case .notice(let notice): noticeLines(notice, model).count
            default: 0
            }
        return max(count - (model.size.height - 2), 0)
    }

    private static func title(_ confirmation: Confirmation) -> String {
        let count = confirmation.sessions.count
        return count == 1 ? confirmation.verb : "\(confirmation.verb) \(count) sessions"
    }

    private static func noticeLines(_ notice: Notice, _ model: Model) -> [StyledLine] {
        let names = min((notice.lines.map { DisplayWidth.of($0.name) }.max() ?? 0) + 2, 20)
        return notice.lines.flatMap { line in
            let style = Style(line.isFailure ? .error : .plain)
            let value = StyledLine.wrapped(line.value, width: max(model.size.width - names - 6, 10), style: style)
            return value.enumerated().map { offset, part in
                StyledLine(offset == 0 ? line.name : "", part.text, style: style, nameWidth: names)
            }
        }
    }

    // MARK: Choices

    private static func drawPalette(_ palette: Palette, _ model: Model, in frame: inout Frame) {
        let commands = model.commands(palette)
        let height = max(min(frame.size.height - 6, 16), 3)
        let first = max(palette.choice - height + 1, 0)
        let shown = commands.indices.dropFirst(first).prefix(height)
        let lines = shown.map { place in
            let binding = commands[place]
            let isBlocked = binding.obstacle(model) != nil
            return choiceLine(
                isChosen: place == palette.choice, binding.keys.first?.name ?? "",
                "\(binding.action.rawValue): \(binding.help)", isDim: isBlocked)
        }
        let empty = [StyledLine("No command is called that.", .dim)]
        // As high as it ever is: what is typed must not make it jump.
        let found = lines.isEmpty ? empty : lines
        let filler = Array(repeating: StyledLine(), count: max(height - found.count, 0))
        let place = box(
            "commands", [StyledLine(), StyledLine()] + found + filler, width: 74,
            hint: "Enter runs it · Esc closes", in: &frame)
        frame.put(":", row: place.row, column: place.column, style: Style(.accent, bold: true))
        palette.field.draw(row: place.row, columns: place.column + 2..<place.column + place.width, in: &frame)
        for (offset, choice) in shown.enumerated() { aim(.choice(choice), offset + 2, place, in: &frame) }
    }

    private static func drawMenu(_ menu: CopyMenu, _ model: Model, in frame: inout Frame) {
        let height = max(frame.size.height - 4, 3)
        let first = max(menu.choice - height + 1, 0)
        let shown = menu.choices.indices.dropFirst(first).prefix(height)
        let lines = shown.map { place in
            let (key, name) =
                switch menu.choices[place] {
                case .form(.claim(let name, let value)): ("", "\(name)  \(value)")
                case .form(let form): (form.key.map { String($0) } ?? "", form.name)
                case .claims: ("m", "one claim…")
                }
            return choiceLine(isChosen: place == menu.choice, key, name, isDim: false)
        }
        let whose = menu.sessions.count == 1 ? menu.sessions[0].shortName : "\(menu.sessions.count) sessions"
        let place = box("copy of \(whose)", lines, hint: "Enter copies · Esc closes", in: &frame)
        frame.cursor = Place(row: place.row + menu.choice - first, column: place.column)
        for (offset, choice) in shown.enumerated() { aim(.choice(choice), offset, place, in: &frame) }
    }

    private static func choiceLine(isChosen: Bool, _ key: String, _ text: String, isDim: Bool) -> StyledLine {
        var line = StyledLine(isChosen ? "▌ " : "  ", Style(.accent))
        line.parts.append((key.padding(toWidth: 8), Style(.match)))
        line.parts.append((text, Style(isDim ? .dim : .plain, bold: isChosen)))
        return line
    }

    private static func aim(_ target: Target, _ line: Int, _ place: Box, in frame: inout Frame) {
        frame.aim(target, row: place.row + line, columns: place.column..<place.column + place.width)
    }

    // MARK: The box

    /// Where a box has its text.
    struct Box {
        var row: Int
        var column: Int
        var width: Int
    }

    /// Draws a box in the middle, and returns the place of its text.
    @discardableResult
    private static func box(
        _ title: String, _ lines: [StyledLine], scroll: Int = 0, width: Int? = nil, hint: String, in frame: inout Frame
    ) -> Box {
        let widest = lines.map(\.width).max() ?? 0
        let title = TextSanitizer.line(title)
        let inner = max(widest, DisplayWidth.of(title) + 2, DisplayWidth.of(hint) + 2, width ?? 0)
        let width = min(inner + 4, frame.size.width)
        let height = min(lines.count + 2, frame.size.height)
        let left = (frame.size.width - width) / 2
        let top = max((frame.size.height - height) / 2, 0)
        let border = Style(.accent)

        for row in top..<top + height {
            frame.fill(row: row, columns: left..<left + width, style: .plain)
            frame.put("│", row: row, column: left, style: border)
            frame.put("│", row: row, column: left + width - 1, style: border)
            frame.aim(.popup, row: row, columns: left..<left + width)
        }
        for (row, corners) in [(top, ("┌", "┐")), (top + height - 1, ("└", "┘"))] {
            frame.fill("─", row: row, columns: left..<left + width, style: border)
            frame.put(corners.0, row: row, column: left, style: border)
            frame.put(corners.1, row: row, column: left + width - 1, style: border)
        }
        frame.put(" \(title) ", row: top, column: left + 2, limit: left + width - 2, style: Style(.title, bold: true))
        frame.put(" \(hint) ", row: top + height - 1, column: left + 2, limit: left + width - 2, style: .dim)
        let rest = lines.count - scroll - (height - 2)
        if rest > 0 {
            let more = " \(rest) more ↓ "
            frame.put(
                more, row: top, column: left + width - DisplayWidth.of(more) - 2, limit: left + width - 1, style: .dim)
        }
        for (offset, line) in lines.dropFirst(scroll).prefix(height - 2).enumerated() {
            line.draw(row: top + 1 + offset, column: left + 2, limit: left + width - 2, in: &frame)
        }
        frame.cursor = Place(row: min(top + 1, frame.size.height - 1), column: left + 2)
        return Box(row: top + 1, column: left + 2, width: width - 4)
    }
}

extension String {
    func padding(toWidth width: Int) -> String {
        self + String(repeating: " ", count: max(width - DisplayWidth.of(self), 1))
    }
}
