import VisitorSessions

extension Model {
    /// Handles a key that the top popup doesn't bind: text, a letter of a menu, or a cancelled confirmation.
    mutating func pressInPopup(_ key: Key) -> [Effect] {
        switch popups.last {
        case .help?, .notice?:
            guard popups.top?.filter?.isTyped == true else { return closeText(key) }
            return popups.top?.edit { $0.edit(key) } ?? reportUnhandledKey(key)
        case .confirmation?: return cancelPopup()
        case .copy(let menu)?:
            guard let index = menu.choice(for: key) else {
                return hint(InspectorTexts.notInMenu(key, back: self.key(.back, in: .menu)))
            }
            return choose(index)
        case .view(let menu)?:
            if key == " ", menu.kind == .columns { return choose(menu.choice) }
            return hint(InspectorTexts.notInMenu(key, back: self.key(.back, in: .menu)))
        // With a list to choose from, what was pasted is complete.
        case .setTokens(let editor)? where editor.isChoosing && (key == "j" || key == "k"):
            return popups.last.map { move(.lines(key == "j" ? 1 : -1), in: $0) } ?? []
        case .palette?, .setTokens?, .label?, .form?:
            return popups.top?.edit { $0.edit(key) } ?? reportUnhandledKey(key)
        case nil: return []
        }
    }

    private mutating func closeText(_ key: Key) -> [Effect] {
        guard key == .enter || key == .character(" ") else { return reportUnhandledKey(key, canAccept: false) }
        popups.removeLast()
        return []
    }

    /// Lets keys edit the popup's filter, or keeps it.
    mutating func filterPopup(_ isTyped: Bool = true) -> [Effect] {
        popups.top?.filter?.isTyped = isTyped
        return []
    }

    mutating func move(_ motion: Motion, in popup: Popup) -> [Effect] {
        if case .confirmation = popup { return cancelPopup() }
        let (page, limit) = (layout.popupPage, scrollLimit(of: popup))
        let preselected = if case .palette(let palette) = popup { keymap.choice(palette) ?? -1 } else { 0 }
        popups.top?.move(motion, page: page, limit: limit, from: preselected)
        return []
    }

    /// Accepts the popup's choice or text, or the prompt.
    mutating func accept() -> [Effect] {
        switch popups.last {
        case .palette(let palette)?:
            keymap.choice(palette).map { choose($0) }
                ?? hint(InspectorTexts.chooseCommand(down: key(.down, in: .palette)))
        case .copy(let menu)?: choose(menu.choice)
        case .view(let menu)?: menu.kind == .columns ? cancelPopup() : choose(menu.choice)
        case .setTokens(let editor)?: apply(editor)
        case .label(let editor)?: apply(editor)
        case .form(let form)?: apply(form)
        case .help?, .notice?: filterPopup(false)
        case .confirmation?: []
        case nil: acceptPrompt()
        }
    }

    mutating func choose(_ index: Int) -> [Effect] {
        switch popups.last {
        case .copy(let menu)? where menu.choices.indices.contains(index):
            return choose(menu.choices[index], of: menu)
        case .view(let menu)? where (0..<menu.count).contains(index): return choose(index, in: menu)
        case .palette(let palette)?:
            let commands = keymap.commands(palette)
            guard commands.indices.contains(index) else { return [] }
            popups.removeLast()
            let argument = commands[index].argument(in: palette.text)
            return argument.map { run(commands[index], with: $0) } ?? run(commands[index])
        case .setTokens(var editor)?:
            guard case .several(let previews) = editor.reading, previews.indices.contains(index) else { return [] }
            editor.reading = .recognized(previews[index])
            popups.top = .setTokens(editor)
            return []
        case .form(var form)? where form.fields.indices.contains(index):
            form.current = index
            popups.top = .form(form)
            return []
        default: return []
        }
    }

    mutating func confirm() -> [Effect] {
        guard case .confirmation(let confirmation)? = popups.last else { return [] }
        popups.removeLast()
        if case .setTokens? = popups.last { popups.removeLast() }
        if let source = confirmation.source {
            status.toast = nil
            return jobs.begin(source, total: confirmation.count ?? 0)
        }
        return begin(confirmation.actions)
    }

    mutating func cancelPopup() -> [Effect] {
        guard let popup = popups.last else { return [] }
        if popup.filter?.isActive == true {
            popups.top?.filter = PopupFilter()
            return []
        }
        popups.removeLast()
        switch popup {
        case .setTokens: showToast(.hint, InspectorTexts.noTokensSet)
        case .label: showToast(.hint, InspectorTexts.labelUnchanged)
        case .confirmation: showToast(.hint, InspectorTexts.cancelled)
        case .form: showToast(.hint, InspectorTexts.cancelled)
        case .help, .palette, .copy, .view, .notice: break
        }
        return []
    }

    /// Shows or hides a column, or sorts the list. Sorting by the same column again reverses the order.
    private mutating func choose(_ index: Int, in menu: ViewMenu) -> [Effect] {
        var menu = menu
        menu.choice = index
        switch menu.kind {
        case .columns:
            list.hiddenColumns.formSymmetricDifference([ColumnID.optional[index]])
            popups.top = .view(menu)
            return []
        case .sort:
            popups.removeLast()
            list.sort(by: SessionSort.Key.allCases[index])
            return reportSort()
        case .probes(let names):
            popups.removeLast()
            return query { .probe($0, named: names[index]) }
        }
    }

    // MARK: The copy menu

    private mutating func choose(_ choice: CopyMenu.Choice, of menu: CopyMenu) -> [Effect] {
        switch choice {
        case .form(let form):
            popups.removeAll()
            // A claim is one session's.
            if form.key != nil { lastCopyForm = form }
            return [.copy(form, menu.sessions)]
        case .renewed(let form):
            popups.removeAll()
            lastCopyForm = form
            return [.copy(form, menu.sessions, renewing: true)]
        case .claims:
            guard let session = menu.sessions.first else { return [] }
            guard let content = panes.content, content.session.id == session.id else {
                return [.open(session.id, withRequests: false)]
            }
            return openClaims(of: content)
        }
    }

    /// Opens the claims if the copy menu is waiting for this session's details.
    mutating func showClaims(of content: SessionDetails) {
        guard case .copy(let menu)? = popups.last, popups.count == 1, menu.sessions.map(\.id) == [content.session.id],
            panes.sessionID != content.session.id
        else { return }
        _ = openClaims(of: content)
    }

    private mutating func openClaims(of content: SessionDetails) -> [Effect] {
        let menu = CopyMenu(claimsOf: content)
        return menu.choices.isEmpty ? hint(InspectorTexts.opaqueTokens) : show(.copy(menu))
    }
}
