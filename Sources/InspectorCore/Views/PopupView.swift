import VisitorSessions

/// The boxes that stand over the list. One look, and one way out: Esc.
enum PopupView {
    static func draw(_ popup: Popup, of model: Model, in frame: inout Frame) {
        switch popup {
        case .help(let scroll):
            let lines = Array(helpLines(model).dropFirst(scroll).prefix(helpHeight(model)))
            let hint = helpScrollLimit(of: model) > 0 ? "j k scroll · any other key closes" : "any key closes"
            box("help", lines, hint: hint, in: &frame)
        case .confirmDiscard(let sessions):
            box("discard", confirmation(sessions, model), hint: "y discards · any other key keeps", in: &frame)
        case .setTokens(let editor):
            let place = box(
                "set tokens on \(editor.targetName)", editorLines(editor, model), width: 72,
                hint: hint(editor), in: &frame)
            let typed = min(editorText(editor.field).count, 40)
            frame.cursor = Place(row: place.row, column: place.column + typed)
            frame.showsCursor = true
        }
    }

    // MARK: Help

    static func helpScrollLimit(of model: Model) -> Int {
        max(helpLines(model).count - helpHeight(model), 0)
    }

    private static func helpHeight(_ model: Model) -> Int {
        max(model.size.height - 4, 1)
    }

    private static func helpLines(_ model: Model) -> [StyledLine] {
        let keys = model.keymap.bindings.map { binding in
            StyledLine(binding.keys.map(\.name).joined(separator: " "), binding.help, nameWidth: 12)
        }
        let states: [(SessionState, String)] = [
            (.valid, "the access token works"),
            (.expiring, "the access token ends soon"),
            (.expired, "the access token is over; it can be renewed"),
            (.renewing, "a renewal is under way"),
            (.unresolved, "sent, and no answer: renew to find out"),
            (.refused, "the refresh token is over: a new visitor is needed"),
            (.discarded, "put away; /state:discarded lists them"),
            (.damaged, "its row cannot be read"),
        ]
        return keys + [StyledLine()]
            + states.map { StyledLine("\($0.glyph) \($0.rawValue)", $1, style: Style($0.role), nameWidth: 14) }
    }

    // MARK: Confirmation

    private static func confirmation(_ sessions: [VisitorSession], _ model: Model) -> [StyledLine] {
        sessions.map { session in
            let state = model.state(of: session)
            return StyledLine(
                "\(state.glyph) \(session.shortName)", state.rawValue, style: Style(state.role), nameWidth: 40)
        } + [StyledLine(), StyledLine("Its visitor's cart hangs on it. u takes it back for 24 hours.", .dim)]
    }

    // MARK: Set editor

    private static func hint(_ editor: SetEditor) -> String {
        if case .understood = editor.reading { return "Enter sets these tokens · Esc leaves all as it is" }
        return "Esc leaves all as it is"
    }

    /// Tokens are secrets: a mark for each character, and how many there are.
    private static func editorText(_ field: TextField) -> String {
        String(repeating: "•", count: min(field.count, 40)) + (field.count > 40 ? "… \(field.count) characters" : "")
    }

    private static func editorLines(_ editor: SetEditor, _ model: Model) -> [StyledLine] {
        let text =
            editor.field.isEmpty
            ? StyledLine("  Paste tokens here (masked as they come in).", .dim)
            : StyledLine(editorText(editor.field))
        return [text, StyledLine()] + readingLines(editor.reading, model)
    }

    private static func readingLines(_ reading: SetEditor.Reading, _ model: Model) -> [StyledLine] {
        switch reading {
        case .nothing:
            return [StyledLine("What the SDK stores, or what the token endpoint answers, or bare tokens.", .dim)]
        case .pending:
            return [StyledLine("…", .dim)]
        case .notUnderstood(let sentence):
            return [StyledLine("✖ \(sentence)", Style(.error))]
        case .understood(let preview):
            let tokens = preview.tokens
            let unit = preview.expiryUnit.map { " (written in \($0))" } ?? ""
            return [
                StyledLine("✔ \(preview.shape)", Style(.notice)),
                StyledLine("role", tokens.role.rawValue),
                StyledLine("visitor", tokens.accessToken?.visitorID ?? "–"),
                StyledLine("client", preview.clientID ?? "–"),
                StyledLine("access ends", Times.left(tokens.accessExpiry, at: model.now) + unit),
                StyledLine("refresh ends", Times.left(tokens.refreshExpiry, at: model.now)),
            ]
        }
    }

    // MARK: The box

    /// Draws a box in the middle, and returns the place of its first character.
    @discardableResult
    private static func box(
        _ title: String, _ lines: [StyledLine], width: Int? = nil, hint: String, in frame: inout Frame
    ) -> Place {
        let widest = lines.map { $0.parts.reduce(0) { $0 + DisplayWidth.of($1.text) } }.max() ?? 0
        let inner = max(widest, DisplayWidth.of(title) + 4, DisplayWidth.of(hint) + 4, width ?? 0)
        let width = min(inner + 4, frame.size.width)
        let height = min(lines.count + 2, frame.size.height)
        let left = (frame.size.width - width) / 2
        let top = max((frame.size.height - height) / 2, 0)
        let border = Style(.accent)

        for row in top..<top + height {
            frame.fill(row: row, columns: left..<left + width, style: .plain)
            frame.put("│", row: row, column: left, style: border)
            frame.put("│", row: row, column: left + width - 1, style: border)
        }
        for (row, corners) in [(top, ("┌", "┐")), (top + height - 1, ("└", "┘"))] {
            frame.fill("─", row: row, columns: left..<left + width, style: border)
            frame.put(corners.0, row: row, column: left, style: border)
            frame.put(corners.1, row: row, column: left + width - 1, style: border)
        }
        frame.put(" \(title) ", row: top, column: left + 2, limit: left + width - 2, style: Style(.title, bold: true))
        frame.put(" \(hint) ", row: top + height - 1, column: left + 2, limit: left + width - 2, style: Style(.barKey))
        for (offset, line) in lines.prefix(height - 2).enumerated() {
            line.draw(row: top + 1 + offset, column: left + 2, limit: left + width - 2, in: &frame)
        }
        return Place(row: top + 1, column: left + 2)
    }
}
