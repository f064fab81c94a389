import Foundation
import TerminalText
import VisitorSessions

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

    /// Opens a session's tokens in the external editor, unless something was typed meanwhile.
    func edit(_ pair: Secret) -> [Effect] {
        guard case .setTokens(let editor)? = popups.last, editor.field.isEmpty else { return [] }
        return [.edit(pair)]
    }

    /// Reads what the external editor saved, without comments. An empty file keeps what was there before.
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

    /// Sets the tokens, as soon as they have been read.
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
        show(.form(SessionForm(purpose, asksForClientID: !options.hasClientID, clientID: typedClientID)))
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
