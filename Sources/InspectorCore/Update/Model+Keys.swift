import VisitorSessions

extension Model {
    /// Whoever is on top takes the key: a popup, the filter, the pane.
    mutating func press(_ key: Key) -> [Effect] {
        // These work wherever one is, and so does q where nothing else can be seen.
        switch key {
        case .control("c"), .control("z"), .control("l"): return keymap[key].map { perform($0.action) } ?? []
        case _ where layout.isTooSmall:
            // Nobody may do what they cannot see.
            return [.character("q"), .character("Q")].contains(key) ? [.quit] : []
        default: break
        }
        switch popup {
        case .help(let scroll): return pressInHelp(key, scroll: scroll)
        case .confirmDiscard(let sessions): return pressInConfirmation(key, sessions)
        case .setTokens(let editor): return pressInSetEditor(key, editor)
        case nil: break
        }
        if let field = list.filterField { return pressInFilter(key, field) }

        guard let binding = keymap[key] else {
            say(.hint, "“\(key.name)” does nothing here. ? shows what does.")
            return []
        }
        if let obstacle = binding.obstacle(self) {
            say(.hint, obstacle)
            return []
        }
        return perform(binding.action)
    }

    private mutating func perform(_ action: Action) -> [Effect] {
        let height = layout.listHeight
        switch action {
        case .up: return move(by: -1)
        case .down: return move(by: 1)
        case .pageUp: return move(by: -height)
        case .pageDown: return move(by: height)
        case .halfPageUp: return move(by: -height / 2)
        case .halfPageDown: return move(by: height / 2)
        case .first: return pane == .details ? move(by: -100_000) : list.load(.first, height: height)
        case .last: return pane == .details ? move(by: 100_000) : list.load(.last, height: height)

        case .generate:
            return begin([.generate])
        case .renew:
            return begin(list.selected.map { [.renew($0.id)] } ?? [])
        case .set:
            guard let session = list.selected else { return [] }
            popup = .setTokens(SetEditor(.session(session.id), named: session.shortName))
            return []
        case .setNew:
            popup = .setTokens(SetEditor(.new, named: "a new session"))
            return []
        case .discard:
            popup = list.selected.map { .confirmDiscard([$0]) }
            return []
        case .undo:
            guard let step = undoSteps.last else { return [] }
            let effects = begin([step])
            if !effects.isEmpty { undoSteps.removeLast() }
            return effects

        case .filter:
            list.filterField = TextField(list.filterText)
            return []
        case .peel:
            return peel()
        case .nextSort:
            let keys = SessionSort.Key.allCases
            let place = keys.firstIndex(of: list.sort.key) ?? 0
            list.sort = SessionSort(keys[(place + 1) % keys.count])
            say(.hint, "Sorted by \(list.sort.key.rawValue).")
            return reload()
        case .reverseSort:
            list.sort.descending.toggle()
            return reload()

        case .details:
            guard details == nil, let session = list.selected else {
                details = nil
                pane = .list
                return []
            }
            details = Details(id: session.id)
            list.keepSelectionVisible(height: layout.listHeight)
            return [.open(session.id)]
        case .switchPane:
            pane = pane == .list ? .details : .list
            return []

        case .help:
            popup = .help(scroll: 0)
            return []
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .quit: return details == nil && list.filterText.isEmpty ? [.quit] : peel()
        case .quitAtOnce: return [.quit]
        }
    }

    private mutating func move(by offset: Int) -> [Effect] {
        if pane == .details {
            let scroll = (details?.scroll ?? 0) + offset
            let limit = DetailsView.scrollLimit(of: self)
            details?.scroll = min(max(scroll, 0), limit)
            return []
        }
        return list.move(by: offset, height: layout.listHeight) + followSelection()
    }

    /// One layer off: the message, the details, the filter.
    private mutating func peel() -> [Effect] {
        if toast != nil {
            toast = nil
        } else if details != nil {
            details = nil
            pane = .list
        } else if !list.filterText.isEmpty {
            list.filterText = ""
            return reload()
        }
        return []
    }

    // MARK: The filter

    private mutating func pressInFilter(_ key: Key, _ field: TextField) -> [Effect] {
        var field = field
        switch key {
        case .enter:
            list.filterField = nil
        case .escape:
            list.filterField = nil
            list.filterText = ""
            return reload()
        case .up, .down, .pageUp, .pageDown:
            return keymap[key].map { perform($0.action) } ?? []
        default:
            guard field.edit(key) else { return [] }
            return filter(by: field)
        }
        return []
    }

    private mutating func filter(by field: TextField) -> [Effect] {
        list.filterField = field
        guard list.filterText != field.text else { return [] }
        list.filterText = field.text
        return list.load(.first, height: layout.listHeight)
    }

    // MARK: Popups

    private mutating func pressInHelp(_ key: Key, scroll: Int) -> [Effect] {
        let page = max(layout.listHeight, 1)
        let limit = PopupView.helpScrollLimit(of: self)
        switch key {
        case .down, .character("j"): popup = .help(scroll: min(scroll + 1, limit))
        case .up, .character("k"): popup = .help(scroll: max(scroll - 1, 0))
        case .pageDown, .character(" "): popup = .help(scroll: min(scroll + page, limit))
        case .pageUp: popup = .help(scroll: max(scroll - page, 0))
        case .character("Q"): return [.quit]
        default: popup = nil
        }
        return []
    }

    /// Only `y` confirms. Whatever else is pressed means no.
    private mutating func pressInConfirmation(_ key: Key, _ sessions: [VisitorSession]) -> [Effect] {
        popup = nil
        guard key == .character("y") else {
            say(.hint, "Nothing was discarded.")
            return []
        }
        return begin(sessions.map { .discard($0.id) })
    }

    private mutating func pressInSetEditor(_ key: Key, _ editor: SetEditor) -> [Effect] {
        var editor = editor
        switch key {
        case .escape:
            popup = nil
            say(.hint, "No tokens were set.")
            return []
        case .enter:
            editor.isConfirmed = true
            popup = .setTokens(editor)
            return applyConfirmed()
        default:
            guard editor.field.edit(key) else { return [] }
            return read(editor)
        }
    }

    /// Sets what was understood, once it was confirmed and understood.
    private mutating func applyConfirmed() -> [Effect] {
        guard case .setTokens(var editor) = popup, editor.isConfirmed else { return [] }
        switch editor.reading {
        case .pending:
            return []  // As soon as it is understood.
        case .nothing, .notUnderstood:
            editor.isConfirmed = false
            popup = .setTokens(editor)
            return []
        case .understood(let preview):
            popup = nil
            switch editor.target {
            case .new: return begin([.add(preview.tokens, clientID: preview.clientID)])
            case .session(let id): return begin([.set(preview.tokens, clientID: preview.clientID, on: id)])
            }
        }
    }

    private mutating func read(_ editor: SetEditor) -> [Effect] {
        var editor = editor
        let effects = editor.read()
        popup = .setTokens(editor)
        return effects
    }

    mutating func understand(_ result: Result<TokenPreview, UnreadableTokensNotice>, serial: Int) -> [Effect] {
        guard case .setTokens(var editor) = popup, editor.serial == serial else { return [] }
        editor.reading =
            switch result {
            case .success(let preview): .understood(preview)
            case .failure(let notice): .notUnderstood(notice.sentence)
            }
        popup = .setTokens(editor)
        return applyConfirmed()
    }

    /// A paste is never run as keys. Outside an editor it opens the one that takes tokens.
    mutating func paste(_ text: String) -> [Effect] {
        if case .setTokens(var editor) = popup {
            editor.field.insert(text)
            return read(editor)
        }
        if layout.isTooSmall { return [] }
        if popup == nil, var field = list.filterField {
            field.insert(TextSanitizer.line(text))
            return filter(by: field)
        }
        if let obstacle = readOnlyObstacle {
            say(.hint, obstacle)
            return []
        }
        var editor =
            list.selected.map { SetEditor(.session($0.id), named: $0.shortName) }
            ?? SetEditor(.new, named: "a new session")
        editor.field.insert(text)
        return read(editor)
    }
}
