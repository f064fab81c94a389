import TerminalText
import VisitorSessions

/// The text of popups.
enum PopupLines {
    /// The keys by section, the states and the symbols. A section without matching lines is omitted.
    static func help(_ help: Help, _ model: Model) -> [StyledLine] {
        let width = min(model.layout.popupWidth, 90)
        let sections = sections(of: help.context, model)
        let shown = sections.compactMap { title, facts -> [StyledLine]? in
            let matching = facts.filter { help.filter.matches("\(title) \($0.name) \($0.meaning)") }
            guard !matching.isEmpty else { return nil }
            return [StyledLine(title, Style(.heading, bold: true))]
                + matching.flatMap { fact in
                    StyledLine.facts(
                        fact.name, fact.meaning, width: width, style: fact.style, nameStyle: fact.nameStyle,
                        nameWidth: 14)
                }
        }
        let lines = Array(shown.joined(separator: [StyledLine()]))
        return found(lines, by: help.filter, height: model.size.height - 2, InspectorTexts.noHelp)
    }

    /// The lines that match the filter, padded to `height`, so that typing doesn't resize the popup.
    private static func found(
        _ lines: [StyledLine], by filter: PopupFilter, height: Int, _ noneFound: String
    ) -> [StyledLine] {
        guard !filter.words.isEmpty else { return lines }
        let found = lines.isEmpty ? [StyledLine(noneFound, .dim)] : lines
        return found + Array(repeating: StyledLine(), count: max(height - found.count, 0))
    }

    private typealias Fact = (name: String, meaning: String, style: Style, nameStyle: Style)

    private static func sections(of context: Focus, _ model: Model) -> [(title: String, facts: [Fact])] {
        let bindings = model.keymap.bindings(in: context).filter { !$0.keys.isEmpty }
        let titles = bindings.map(\.section).reduce(into: [String]()) { titles, title in
            if !titles.contains(title) { titles.append(title) }
        }
        let keys = titles.map { title in
            let facts = bindings.filter { $0.section == title }.map { binding in
                (binding.keys.map(\.name).joined(separator: " "), binding.help, Style.plain, Style(.match)) as Fact
            }
            return (title, facts)
        }
        let states = SessionState.allCases.map { state in
            let style = Style(state.role)
            return ("\(state.glyph) \(state.rawValue)", state.meaning, style, style) as Fact
        }
        let symbols = InspectorTexts.symbols.map { ($0.symbol, $0.meaning, Style.plain, Style.dim) as Fact }
        return keys + [(InspectorTexts.statesTitle, states), (InspectorTexts.symbolsTitle, symbols)]
    }

    static func notice(_ notice: Notice, _ model: Model) -> [StyledLine] {
        let names = min((notice.lines.map { DisplayWidth.of($0.name) }.max() ?? 0) + 2, 20)
        let shown = notice.lines.filter { notice.filter.matches("\($0.name) \($0.value)") }
        let facts = shown.flatMap { line in
            StyledLine.facts(
                line.name, line.value, width: model.layout.popupWidth, style: Style(line.isFailure ? .error : .plain),
                nameWidth: names)
        }
        let body = notice.body.filter(notice.filter.matches).map { StyledLine($0).fitted(to: model.layout.popupWidth) }
        let lines = facts + (facts.isEmpty || body.isEmpty ? [] : [StyledLine()]) + body
        let height = min(notice.lines.count + notice.body.count + 1, model.size.height - 2)
        return found(lines, by: notice.filter, height: height, InspectorTexts.noLines)
    }

    static func confirmation(_ confirmation: Confirmation, _ model: Model) -> [StyledLine] {
        let warning = StyledLine.wrapped(confirmation.warning, width: model.layout.popupWidth, style: .dim)
        // The frame, the blank line and the “… and N more” line take four rows.
        let room = max(model.size.height - warning.count - 4, 1)
        let shown = confirmation.sessions.prefix(room)
        let rest = (confirmation.count ?? confirmation.sessions.count) - shown.count
        // The longest state and the gap before it take twelve cells.
        let nameWidth = min(40, model.layout.popupWidth - 12)
        return shown.map { session in
            let look = StateLook(session, model.state(of: session))
            let name = DisplayWidth.fit("\(look.glyph) \(session.shortName)", to: nameWidth - 1)
            return StyledLine(name, look.word, style: Style(look.role), nameWidth: nameWidth)
        } + (rest > 0 ? [StyledLine(InspectorTexts.more(rest), .dim)] : []) + [StyledLine()] + warning
    }
}

extension PopupLines {
    static let fieldNameWidth = 12

    static func form(_ form: SessionForm) -> [StyledLine] {
        let fields = form.fields.enumerated().map { index, field in
            let isCurrent = index == form.current
            var line = StyledLine(
                field.field.name.padding(toWidth: fieldNameWidth),
                Style(isCurrent ? .accent : .dim, bold: isCurrent))
            let text = field.text.isEmpty ? (field.field.placeholder, .dim) : (field.text.text, Style.plain)
            line.parts.append((TextSanitizer.line(text.0), text.1))
            return line
        }
        guard let problem = form.problem else { return fields }
        return fields + [StyledLine()] + StyledLine.wrapped("✖ \(problem)", width: 56, style: Style(.error))
    }
}

/// The text of the token editor: the masked input, and what was found in it.
enum SetEditorLines {
    static func hint(_ editor: SetEditor, _ model: Model) -> String {
        let (accept, back) = (model.key(.accept, in: .setEditor), model.key(.back, in: .setEditor))
        let edit = model.key(.externalEditor, in: .setEditor)
        return switch editor.reading {
        case .recognized(let preview) where editor.refreshTokenHolder(of: preview) == nil:
            InspectorTexts.setHint(accept: accept, asksFirst: preview.warning != nil, back: back)
        case .several:
            InspectorTexts.chooseHint(
                up: model.key(.up, in: .setEditor), down: model.key(.down, in: .setEditor), accept: accept, back: back)
        case .unrecognized(_, let anyway) where !anyway.isEmpty:
            InspectorTexts.anywayHint(accept: accept, edit: edit, back: back)
        case .recognized, .unrecognized: InspectorTexts.clearHint(edit: edit, back: back)
        case .nothing, .pending: InspectorTexts.editHint(edit: edit, back: back)
        }
    }

    static func lines(_ editor: SetEditor, _ model: Model) -> [StyledLine] {
        let text =
            editor.field.isEmpty
            ? StyledLine("  \(InspectorTexts.pasteHere)", .dim) : StyledLine(editor.field.masked())
        return [text, StyledLine()] + reading(editor, model)
    }

    private static func reading(_ editor: SetEditor, _ model: Model) -> [StyledLine] {
        let width = min(72, max(model.size.width - 4, 10))
        switch editor.reading {
        case .nothing: return StyledLine.wrapped(InspectorTexts.pasteForms, width: width, style: .dim)
        case .pending: return [StyledLine("…", .dim)]
        case .unrecognized(let sentence, let anyway):
            let offer = InspectorTexts.setsAnyway(accept: model.key(.accept, in: .setEditor))
            return error(anyway.isEmpty ? sentence : "\(sentence) \(offer)", width)
        case .several(let previews):
            let isRecognized = previews.contains { $0.warning != InspectorTexts.setAnywayCost }
            return isRecognized
                ? [StyledLine(InspectorTexts.several(previews.count), Style(.notice))]
                : [StyledLine(InspectorTexts.chooseToken, Style(.expiring))]
        case .recognized(let preview):
            let tokens = preview.tokens
            let before = editor.session
            let isNew = before?.accessExpiry != tokens.accessExpiry
            let unit = isNew ? preview.expiryUnit.map { InspectorTexts.unit($0) } ?? "" : ""
            let facts = [
                ("role", before?.role.rawValue, tokens.role.rawValue),
                (
                    "access expiry", before.map { model.expiryText($0.accessExpiry) },
                    model.expiryText(tokens.accessExpiry) + unit
                ),
                (
                    "refresh expiry", before.map { model.expiryText($0.refreshExpiry) },
                    model.expiryText(tokens.refreshExpiry)
                ),
                ("visitor", before.map { $0.visitorID ?? "–" }, tokens.accessToken?.visitorID ?? "–"),
                ("client", before?.clientID, preview.clientID ?? before?.clientID ?? "–"),
            ].flatMap { name, before, after in
                let change = before.map { $0 == after ? after : "\($0) → \(after)" } ?? after
                return StyledLine.facts(name, change, width: width)
            }
            // The warning comes first: a small screen cuts off the end.
            let changes = preview.changes.map { $0.isEmpty ? InspectorTexts.sameTokens : $0.joined(separator: ", ") }
            return [StyledLine("✔ \(preview.shape)", Style(.notice))]
                + warning(editor, preview, model, width: width)
                + preview.notes.flatMap { note($0, width) }
                + (changes.map { StyledLine.facts("changes", $0, width: width) } ?? []) + facts
        }
    }

    private static func warning(
        _ editor: SetEditor, _ preview: TokenPreview, _ model: Model, width: Int
    ) -> [StyledLine] {
        if let holder = editor.refreshTokenHolder(of: preview) {
            return error(InspectorTexts.otherHolder(holder), width)
        }
        if let warning = preview.warning { return error(warning, width) }
        if let holder = preview.discardedHolder {
            return note(InspectorTexts.discardedHolder(holder, restore: model.key(.restore)), width)
        }
        if let holder = editor.accessTokenHolder(of: preview) {
            return note(InspectorTexts.alsoHoldsAccessToken(holder), width)
        }
        return []
    }

    private static func error(_ sentence: String, _ width: Int) -> [StyledLine] {
        StyledLine.wrapped("✖ \(sentence)", width: width, style: Style(.error))
    }

    /// A note about something that isn't a problem, but worth knowing.
    private static func note(_ sentence: String, _ width: Int) -> [StyledLine] {
        StyledLine.wrapped("! \(sentence)", width: width, style: Style(.expiring))
    }
}
