import VisitorSessions

/// The token editor: the masked text, and what was found in it.
enum SetEditorLines {
    static func hint(_ editor: SetEditor, _ model: Model) -> String {
        let (accept, back) = (model.key(.accept, in: .setEditor), model.key(.back, in: .setEditor))
        let edit = model.key(.externalEditor, in: .setEditor)
        return switch editor.reading {
        case .understood(let preview) where editor.otherHolder(of: preview) == nil:
            "\(accept) \(preview.warning == nil ? "apply" : "asks first") · \(back) cancel"
        case .understood, .notUnderstood: "^u clear · \(edit) editor · \(back) cancel"
        case .nothing, .pending: "\(edit) $EDITOR · \(back) cancel"
        }
    }

    static func lines(_ editor: SetEditor, _ model: Model) -> [StyledLine] {
        let text =
            editor.field.isEmpty
            ? StyledLine("  Paste tokens here (masked as they come in).", .dim)
            : StyledLine(editor.field.masked())
        return [text, StyledLine()] + reading(editor, model)
    }

    private static func reading(_ editor: SetEditor, _ model: Model) -> [StyledLine] {
        let width = min(72, max(model.size.width - 4, 10))
        switch editor.reading {
        case .nothing:
            return StyledLine.wrapped(
                "What the SDK stores or the token endpoint answers, a cookie, a curl command, or bare tokens, one a line.",
                width: width, style: .dim)
        case .pending:
            return [StyledLine("…", .dim)]
        case .notUnderstood(let sentence):
            return StyledLine.wrapped("✖ \(sentence)", width: width, style: Style(.error))
        case .understood(let preview):
            let tokens = preview.tokens
            let unit = preview.expiryUnit.map { " (its end was written in \($0))" } ?? ""
            let facts = [
                ("role", tokens.role.rawValue),
                ("access ends", model.end(tokens.accessExpiry) + unit),
                ("refresh ends", model.end(tokens.refreshExpiry)),
                ("visitor", tokens.accessToken?.visitorID ?? "–"),
                ("client", preview.clientID ?? "–"),
            ].flatMap { StyledLine.facts($0.0, $0.1, width: width) }
            // The warning comes first: a small screen cuts off the end.
            return [StyledLine("✔ \(preview.shape)", Style(.notice))]
                + warning(editor, preview, model, width: width)
                + preview.notes.flatMap { note($0, width) } + facts
        }
    }

    /// The most important problem.
    private static func warning(_ editor: SetEditor, _ preview: TokenPreview, _ model: Model, width: Int)
        -> [StyledLine]
    {
        let sentence: String
        if let holder = editor.otherHolder(of: preview) {
            sentence = """
                ✖ \(holder.shortName) holds this refresh token, and two sessions would redeem it twice. Use that one, or \
                discard it first.
                """
        } else if let warning = preview.warning {
            sentence = "✖ \(warning)"
        } else if let holder = preview.discardedHolder {
            let key = model.key(.restore)
            return note(
                "\(holder.shortName) has these tokens and is discarded: \(key) restores it (/state:discarded).", width)
        } else if let twin = editor.twin(of: preview) {
            return note("\(twin.shortName) holds this access token, too.", width)
        } else if let known = editor.session?.visitorID, let new = preview.tokens.accessToken?.visitorID, new != known {
            return note("These are another visitor's than the session has now (\(known.prefix(8))).", width)
        } else {
            return []
        }
        return StyledLine.wrapped(sentence, width: width, style: Style(.error))
    }

    /// Something that is no mistake, but may be a surprise.
    private static func note(_ sentence: String, _ width: Int) -> [StyledLine] {
        StyledLine.wrapped("! \(sentence)", width: width, style: Style(.expiring))
    }
}
