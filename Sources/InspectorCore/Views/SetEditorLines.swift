import VisitorSessions

/// The popup that takes tokens: what came in, masked, and what was understood of it.
enum SetEditorLines {
    static let shownCharacters = 40

    static func hint(_ editor: SetEditor) -> String {
        if case .understood = editor.reading { return "Enter sets these tokens · Esc leaves all as it is" }
        return "^e opens $EDITOR · Esc leaves all as it is"
    }

    static func lines(_ editor: SetEditor, _ model: Model) -> [StyledLine] {
        let text =
            editor.field.isEmpty
            ? StyledLine("  Paste tokens here (masked as they come in).", .dim)
            : StyledLine(mask(editor.field))
        return [text, StyledLine()] + reading(editor.reading, model)
    }

    /// Tokens are secrets: a mark for each character, and how many there are.
    private static func mask(_ field: TextField) -> String {
        let marks = String(repeating: "•", count: min(field.count, shownCharacters))
        return marks + (field.count > shownCharacters ? "… \(field.count) characters" : "")
    }

    private static func reading(_ reading: SetEditor.Reading, _ model: Model) -> [StyledLine] {
        switch reading {
        case .nothing:
            return [StyledLine("What the SDK stores, or what the token endpoint answers, or bare tokens.", .dim)]
        case .pending:
            return [StyledLine("…", .dim)]
        case .notUnderstood(let sentence):
            return StyledLine.wrapped(
                "✖ \(sentence)", width: min(72, max(model.size.width - 4, 10)), style: Style(.error))
        case .understood(let preview):
            let tokens = preview.tokens
            let unit = preview.expiryUnit.map { " (written in \($0))" } ?? ""
            return [
                StyledLine("✔ \(preview.shape)", Style(.notice)),
                StyledLine("role", tokens.role.rawValue),
                StyledLine("visitor", tokens.accessToken?.visitorID ?? "–"),
                StyledLine("client", preview.clientID ?? "–"),
                StyledLine("access ends", model.end(tokens.accessExpiry) + unit),
                StyledLine("refresh ends", model.end(tokens.refreshExpiry)),
            ]
        }
    }
}
