import TerminalText
import VisitorSessions

/// A popup's frame, with a title at the top and the keys at the bottom, and the text in it.
struct PopupBox {
    private(set) var title: String
    private(set) var hint: String
    private(set) var lines: [StyledLine]

    /// How many lines are above the first visible one.
    let scroll: Int

    /// The first choice's line in ``lines``, the visible choices, and the number of choices.
    private(set) var choices: (line: Int, shown: Range<Int>, total: Int)?

    private(set) var rows = 0..<0
    private(set) var columns = 0..<0

    var textRow: Int { rows.lowerBound + 1 }
    var textColumns: Range<Int> { columns.dropFirst(2).dropLast(2) }

    /// Which lines or choices are visible, if not all of them are.
    var position: String {
        let shown = choices?.shown ?? scroll..<min(scroll + rows.count - 2, lines.count)
        let total = choices?.total ?? lines.count
        return shown.count < total ? " \(shown.lowerBound + 1)–\(shown.upperBound) of \(total) " : ""
    }

    init(_ popup: Popup, _ model: Model) {
        let key = { (action: Action) in model.key(action, in: popup.focus) }
        switch popup {
        case .help(let help):
            self.init(
                title: InspectorTexts.helpTitle(help.context),
                hint: InspectorTexts.helpHint(filter: key(.filter), end: key(.last), back: key(.back)),
                lines: PopupLines.help(help, model), scroll: help.scroll)
        case .notice(let notice):
            self.init(
                title: notice.title, hint: InspectorTexts.noticeHint(filter: key(.filter), back: key(.back)),
                lines: PopupLines.notice(notice, model), scroll: notice.scroll)
        case .confirmation(let confirmation):
            self.init(
                title: confirmation.source == nil
                    ? InspectorTexts.confirmTitle(
                        confirmation.verb, confirmation.count ?? confirmation.sessions.count)
                    : InspectorTexts.confirmAllTitle(confirmation.verb, confirmation.count),
                hint: InspectorTexts.confirmHint(key(.confirm)), lines: PopupLines.confirmation(confirmation, model))
        case .palette(let palette):
            self.init(
                title: InspectorTexts.paletteTitle,
                hint: InspectorTexts.paletteHint(accept: key(.accept), back: key(.back)))
            addCommands(of: palette, model)
        case .copy(let menu):
            self.init(
                title: InspectorTexts.copyTitle(menu.sessions),
                hint: InspectorTexts.copyHint(accept: key(.accept), back: key(.back)))
            addChoices(of: menu, height: max(model.size.height - 4, 3))
        case .view(let menu):
            self.init(
                title: Self.title(of: menu.kind),
                hint: Self.hint(of: menu.kind, accept: key(.accept), back: key(.back)))
            addChoices(of: menu, model)
        case .label(let editor):
            self.init(
                title: InspectorTexts.labelTitle(editor.session),
                hint: InspectorTexts.labelHint(accept: key(.accept), back: key(.back)), lines: [StyledLine()])
        case .form(let form):
            self.init(
                title: form.texts.title,
                hint: InspectorTexts.formHint(
                    next: form.fields.count > 1 ? key(.down) : nil, accept: key(.accept), verb: form.texts.verb,
                    back: key(.back)),
                lines: PopupLines.form(form))
            choices = (0, form.fields.indices, form.fields.count)
        case .setTokens(let editor):
            self.init(
                title: InspectorTexts.setTitle(editor.session),
                hint: SetEditorLines.hint(editor, model), lines: SetEditorLines.lines(editor, model))
            if case .several(let previews) = editor.reading { addChoices(previews, editor.choice, model) }
        }
        if let filter = popup.filter, filter.isActive {
            title += " / \(TextSanitizer.line(filter.field.text))"
            hint = InspectorTexts.clearsFilter(key(.back))
        }
        // Popups that are typed into have a minimum width, so that typing doesn't resize them.
        let minimumWidth =
            switch popup {
            case .palette, .help: 74
            case .setTokens: 72
            case .label, .form: 60
            case .notice, .confirmation, .copy, .view: 0
            }
        let widest = lines.map(\.width).max() ?? 0
        let inner = max(widest, DisplayWidth.of(title) + 2, DisplayWidth.of(hint) + 2, minimumWidth)
        let (width, height) = (min(inner + 4, model.size.width), min(lines.count + 2, model.size.height))
        let (top, left) = ((model.size.height - height) / 2, (model.size.width - width) / 2)
        rows = top..<top + height
        columns = left..<left + width
    }

    private init(title: String, hint: String, lines: [StyledLine] = [], scroll: Int = 0) {
        self.title = TextSanitizer.line(title)
        self.hint = hint
        self.lines = lines
        self.scroll = scroll
    }

    private mutating func addCommands(of palette: Palette, _ model: Model) {
        let commands = model.keymap.commands(palette)
        let height = max(min(model.size.height - 6, 16), 3)
        let choice = model.keymap.choice(palette)
        let shown = Self.window(of: commands.count, around: choice ?? 0, height: height)
        lines = [StyledLine(), StyledLine()]
        lines += shown.map { index in
            let binding = commands[index]
            let isNamed = [.undo, .redo].contains(binding.action) && binding.disabledReason(in: model) == nil
            let help = isNamed ? KeyBar.name(of: binding, model) : binding.help
            return Self.choice(
                isChosen: index == choice, binding.keys.first?.name ?? "",
                binding.action.rawValue.padding(toWidth: 16) + help,
                isDim: binding.disabledReason(in: model) != nil)
        }
        if shown.isEmpty { lines.append(StyledLine(InspectorTexts.noCommand, .dim)) }
        // The height is constant, so that typing doesn't resize the popup.
        lines += Array(repeating: StyledLine(), count: max(height + 2 - lines.count, 0))
        choices = (2, shown, commands.count)
    }

    private mutating func addChoices(of menu: CopyMenu, height: Int) {
        let shown = Self.window(of: menu.choices.count, around: menu.choice, height: height)
        let names = menu.choices.map { choice in
            if case .form(.claim(let name, _)) = choice { DisplayWidth.of(name) + 2 } else { 0 }
        }
        let nameWidth = min(names.max() ?? 0, 30)
        lines = shown.map { index in
            let (key, text) =
                switch menu.choices[index] {
                case .form(.claim(let name, let value)): ("", name.padding(toWidth: nameWidth) + value)
                case .form(let form): (form.key.map { String($0) } ?? "", form.name)
                case .renewed(let form): ("n", InspectorTexts.renewsFirst(form))
                case .claims: ("m", InspectorTexts.claims)
                }
            // Claims have no keys.
            return Self.choice(isChosen: index == menu.choice, key, text, keyWidth: nameWidth > 0 ? 0 : 8)
        }
        choices = (0, shown, menu.choices.count)
    }

    private static func title(of menu: ViewMenu.Kind) -> String {
        switch menu {
        case .columns: InspectorTexts.columnsTitle
        case .sort: InspectorTexts.sortTitle
        case .probes: InspectorTexts.probesTitle
        }
    }

    private static func hint(of menu: ViewMenu.Kind, accept: String, back: String) -> String {
        switch menu {
        case .columns: InspectorTexts.columnsHint(toggle: Key.character(" ").name, back: accept)
        case .sort: InspectorTexts.sortHint(accept: accept, back: back)
        case .probes: InspectorTexts.probesHint(accept: accept, back: back)
        }
    }

    private mutating func addChoices(of menu: ViewMenu, _ model: Model) {
        let shown = Self.window(of: menu.count, around: menu.choice, height: max(model.size.height - 4, 3))
        let fitting = Set(ListColumn.fitting(model).map(\.id))
        let sort = model.list.sort
        lines = shown.map { index in
            let isChosen = index == menu.choice
            switch menu.kind {
            case .columns:
                let column = ColumnID.optional[index]
                let isHidden = model.list.hiddenColumns.contains(column)
                let note = isHidden || fitting.contains(column) ? "" : "  \(InspectorTexts.columnDoesNotFit)"
                let text = column.rawValue.padding(toWidth: 10) + InspectorTexts.meaning(of: column) + note
                return Self.choice(isChosen: isChosen, isHidden ? "[ ]" : "[x]", text, keyWidth: 4)
            case .sort:
                let key = SessionSort.Key.allCases[index]
                let arrow = key != sort.key ? "" : sort.descending ? "△" : "▽"
                return Self.choice(isChosen: isChosen, arrow, key.rawValue, keyWidth: 2)
            case .probes(let names): return Self.choice(isChosen: isChosen, "", names[index], keyWidth: 0)
            }
        }
        choices = (0, shown, menu.count)
    }

    private mutating func addChoices(_ previews: [TokenPreview], _ choice: Int, _ model: Model) {
        let shown = Self.window(of: previews.count, around: choice, height: max(min(model.size.height - 7, 12), 2))
        choices = (lines.count, shown, previews.count)
        lines += shown.map { index in
            let (summary, tokens) = (previews[index].summary, previews[index].tokens)
            let visitor = tokens.accessToken?.visitorID.map { "visitor \($0.prefix(8))" }
            let expiry = InspectorTexts.accessExpiry(model.expiryText(tokens.accessExpiry))
            return Self.choice(
                isChosen: index == choice, "",
                DisplayWidth.fit(summary, to: 32).padding(toWidth: 34)
                    + [visitor, expiry].compactMap(\.self).joined(separator: " · "),
                keyWidth: 0)
        }
    }

    private static func choice(
        isChosen: Bool, _ key: String, _ text: String, keyWidth: Int = 8, isDim: Bool = false
    ) -> StyledLine {
        var line = StyledLine(isChosen ? "▌ " : "  ", Style(.accent))
        if keyWidth > 0 { line.parts.append((key.padding(toWidth: keyWidth), Style(.match))) }
        line.parts.append((text, Style(isDim ? .dim : .plain, bold: isChosen)))
        return line
    }

    /// The range of visible choices, scrolled so that it includes `choice`.
    private static func window(of count: Int, around choice: Int, height: Int) -> Range<Int> {
        let first = min(max(choice - height + 1, 0), count)
        return first..<min(first + height, count)
    }
}

extension Model {
    /// The maximum scroll position of a popup, or the index of its last choice.
    func scrollLimit(of popup: Popup) -> Int {
        switch popup {
        case .help, .notice: max(PopupBox(popup, self).lines.count - (size.height - 2), 0)
        case .palette(let palette): max(keymap.commands(palette).count - 1, 0)
        case .copy(let menu): max(menu.choices.count - 1, 0)
        case .view(let menu): menu.count - 1
        case .setTokens(let editor):
            if case .several(let previews) = editor.reading { previews.count - 1 } else { 0 }
        case .form(let form): form.fields.count - 1
        case .confirmation, .label: 0
        }
    }
}
