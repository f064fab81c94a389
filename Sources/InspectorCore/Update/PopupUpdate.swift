import Foundation
import TerminalText
import VisitorSessions

extension Model {
    /// Handles a key that isn't bound in the top popup: it types text, chooses from a menu, or cancels a confirmation.
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
        // Once there is a list to choose from, nothing more is typed, so j and k move.
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

    /// Starts editing the popup's filter, or ends editing and keeps it.
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
        return confirmation.isUndo ? undoConfirmed(confirmation.actions) : begin(confirmation.actions)
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
            // A claim belongs to one session, so it can't be copied again from others.
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

extension Model {
    /// - Parameter session: The session to set tokens on. `nil`: a new one.
    mutating func openTokenEditor(for session: VisitorSession?) -> [Effect] {
        show(.setTokens(SetEditor(for: session)))
    }

    mutating func openLabelEditor() -> [Effect] {
        guard let session = list.selected else { return [] }
        return show(.label(LabelEditor(session: session, field: TextField(session.label))))
    }

    mutating func openExternalEditor() -> [Effect] {
        guard case .setTokens(let editor)? = popups.last else { return [] }
        guard editor.field.isEmpty, let session = editor.session else { return [.edit(Secret(editor.field.text))] }
        return [.writePair(of: session.id)]
    }

    /// Opens a session's tokens in the external editor, unless something has been typed in the meantime.
    func edit(_ pair: Secret) -> [Effect] {
        guard case .setTokens(let editor)? = popups.last, editor.field.isEmpty else { return [] }
        return [.edit(pair)]
    }

    /// Takes over the text that the external editor saved, without comments. An empty file changes nothing.
    mutating func takeEdited(_ text: Secret) -> [Effect] {
        guard case .setTokens? = popups.last else { return [] }
        let lines = text.reveal().split(whereSeparator: \.isNewline)
            .filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
        let typed = lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !typed.isEmpty else { return hint(InspectorTexts.editedToNothing) }
        return popups.top?.edit {
            $0 = TextField(typed)
            return true
        } ?? []
    }

    mutating func apply(_ editor: LabelEditor) -> [Effect] {
        popups.removeLast()
        // Commands couldn't find a session by a label with invisible spaces at its ends.
        let label = editor.field.text.trimmingCharacters(in: .whitespaces)
        guard !InputRedactor.containsToken(label) else { return hint(InspectorTexts.labelHoldsToken) }
        guard label != editor.session.label else { return hint(InspectorTexts.labelUnchanged) }
        return begin([.label(editor.session.id, label, before: editor.session.label)])
    }

    /// Sets the tokens if they have been read. Otherwise remembers to set them once they are.
    mutating func apply(_ editor: SetEditor) -> [Effect] {
        var editor = editor
        editor.isConfirmed = if case .pending = editor.reading { true } else { false }
        popups.top = .setTokens(editor)
        let back = key(.back, in: .setEditor)
        let preview: TokenPreview
        switch editor.reading {
        case .nothing: return hint(InspectorTexts.pasteFirst(back: back))
        case .pending: return []
        case .several: return choose(editor.choice)
        case .unrecognized(_, let anyway):
            guard !anyway.isEmpty else { return hint(InspectorTexts.unrecognized) }
            editor.reading = .several(anyway)
            popups.top = .setTokens(editor)
            return []
        case .recognized(let found): preview = found
        }
        if preview.isUnchanged, let session = editor.session,
            session.keepsState(
                withOwnTokensOf: preview.clientID, issuer: options.namedIssuer?.forTokens(of: session))
        {
            popups.removeLast()
            return hint(InspectorTexts.alreadySet)
        }
        guard editor.refreshTokenHolder(of: preview) == nil else { return hint(InspectorTexts.alreadyUsed(back: back)) }
        let (tokens, clientID) = (preview.tokens, preview.clientID)
        let action =
            editor.session.map { .set(tokens, clientID: clientID, on: $0.id, replacing: preview.replacing) }
            ?? SessionAction.add(tokens, clientID: clientID)
        // The editor stays below the form: cancelling returns to it.
        if editor.session == nil, clientID == nil, !options.hasClientID { return openForm(.add(tokens)) }
        let application = editor.session.flatMap { isLocal($0) ? nil : list.live[$0.id] }.flatMap {
            $0.isLive ? InspectorTexts.liveSetCost($0.source.label) : nil
        }
        guard let session = editor.session, let warning = preview.warning ?? application else {
            popups.removeLast()
            return begin([action])
        }
        // The editor stays below the confirmation: cancelling returns to it.
        return show(
            .confirmation(
                Confirmation(verb: "replace the tokens of", sessions: [session], warning: warning, actions: [action])))
    }

    mutating func openForm(_ purpose: SessionForm.Purpose) -> [Effect] {
        show(
            .form(
                SessionForm(
                    purpose, asksForClientID: !options.hasClientID, clientID: typedClientID,
                    canSave: options.clientIDProfile != nil && !hasSavedClientID)))
    }

    mutating func apply(_ form: SessionForm) -> [Effect] {
        var form = form
        guard let actions = form.accept() else {
            popups.top = .form(form)
            return []
        }
        typedClientID = form.clientID ?? typedClientID
        popups.removeAll()
        if case .browse(let session) = form.purpose { return openBrowser(session, form.page) }
        clientIDToSave = form.savesClientID ? form.clientID : nil
        return begin(actions)
    }

    // MARK: Pastes

    /// Inserts a paste as text. Outside editors it opens the token editor.
    mutating func paste(_ text: String) -> [Effect] {
        if layout.isTooSmall { return [] }
        switch popups.last {
        case .setTokens?: return insertIntoPopup(text)
        case let popup? where Focus.texts.contains(popup.focus):
            if let refusal = refusal(ofPaste: text) { return hint(refusal) }
            return insertIntoPopup(TextSanitizer.line(text))
        case .some: return hint(InspectorTexts.noPasteHere(back: key(.back, in: focus)))
        case nil: break
        }
        if var prompt {
            if InputRedactor.mayContainToken(text) { return findHolder(of: text) }
            if let refusal = refusal(ofPaste: text) { return hint(refusal) }
            prompt.insert(TextSanitizer.line(text))
            return apply(prompt)
        }
        if isReadOnly { return hint(InspectorTexts.readOnly) }
        _ = openTokenEditor(for: list.selected)
        showToast(.hint, InspectorTexts.pastedIntoEditor(back: key(.back, in: .setEditor)))
        return insertIntoPopup(text)
    }

    private mutating func insertIntoPopup(_ text: String) -> [Effect] {
        popups.top?.edit {
            $0.insert(text)
            return true
        } ?? []
    }

    /// Why a paste isn't inserted into visible text.
    private func refusal(ofPaste text: String) -> String? {
        if InputRedactor.containsToken(text) { return InspectorTexts.pasteHoldsToken }
        return text.utf8.count > TextField.pasteLimit ? InspectorTexts.pasteTooLong(text.utf8.count) : nil
    }
}
