import Foundation
import TerminalText
import VisitorSessions

extension Model {
    /// - Parameter session: The session to set tokens on. `nil`: a new one.
    mutating func openTokenEditor(for session: VisitorSession?) -> [Effect] {
        popups.push(.setTokens(SetEditor(for: session)))
        return []
    }

    mutating func openLabelEditor() -> [Effect] {
        guard let session = list.selected else { return [] }
        popups.push(.label(LabelEditor(session: session, field: TextField(session.label))))
        return []
    }

    mutating func openExternalEditor() -> [Effect] {
        guard case .setTokens(let editor)? = popups.last else { return [] }
        return [.edit(Secret(editor.field.text))]
    }

    mutating func apply(_ editor: LabelEditor) -> [Effect] {
        popups.pop()
        // Blanks at its ends are invisible, so that the session couldn't be named by it.
        let label = editor.field.text.trimmingCharacters(in: .whitespaces)
        guard !Quotation.holdsToken(label) else {
            showToast(.hint, InspectorTexts.labelHoldsToken)
            return []
        }
        guard label != editor.session.label else {
            showToast(.hint, InspectorTexts.labelUnchanged)
            return []
        }
        return begin([.label(editor.session.id, label, before: editor.session.label)])
    }

    /// Sets the tokens that were found, or as soon as they are found.
    mutating func apply(_ editor: SetEditor) -> [Effect] {
        var editor = editor
        editor.isConfirmed = editor.reading.isPending
        popups.replaceTop(.setTokens(editor))
        let back = key(.back, in: .setEditor)
        switch editor.reading {
        case .nothing: showToast(.hint, InspectorTexts.pasteFirst(back: back))
        case .pending: break
        case .notUnderstood: showToast(.hint, InspectorTexts.unrecognized)
        case .understood(let preview) where editor.otherHolder(of: preview) != nil:
            showToast(.hint, InspectorTexts.alreadyUsed(back: back))
        case .understood(let preview):
            let action = editor.session.map {
                SessionAction.set(
                    preview.tokens, clientID: preview.clientID, on: $0.id, replacing: preview.replacing)
            }
            if let session = editor.session, let action, let warning = preview.warning {
                // The editor stays below, to return to it.
                popups.push(
                    .confirmation(
                        Confirmation(
                            verb: "set these tokens on", sessions: [session], warning: warning, actions: [action])))
                return []
            }
            popups.pop()
            return begin([action ?? .add(preview.tokens, clientID: preview.clientID)])
        }
        return []
    }

    // MARK: Pastes

    /// Takes a paste as text. Outside of an editor it opens the one for tokens.
    mutating func paste(_ text: String) -> [Effect] {
        if layout.isTooSmall { return [] }
        switch popups.last {
        case .setTokens?: return popups.enterTokens(text)
        case .label(var editor)?:
            if insert(text, into: &editor.field) { popups.replaceTop(.label(editor)) }
            return []
        case .palette(var palette)?:
            if insert(text, into: &palette.field) { popups.replaceTop(.palette(palette)) }
            return []
        case .help?, .confirmation?, .copy?, .notice?:
            showToast(.hint, InspectorTexts.noPasteHere(back: key(.back, in: focus)))
            return []
        case nil: break
        }
        if line != nil, Quotation.mayHoldToken(text) { return findHolder(of: text) }
        if var line { return insert(text, into: &line) ? take(line) : [] }
        if isReadOnly {
            showToast(.hint, InspectorTexts.readOnly)
            return []
        }
        _ = openTokenEditor(for: list.selected)
        showToast(.hint, InspectorTexts.pastedIntoEditor(back: key(.back, in: .setEditor)))
        return popups.enterTokens(text)
    }

    /// Inserts a paste into a visible line, unless it is too long or holds a token.
    private mutating func insert(_ text: String, into field: inout TextField) -> Bool {
        guard !Quotation.holdsToken(text) else {
            showToast(.hint, InspectorTexts.pasteHoldsToken)
            return false
        }
        guard text.utf8.count <= TextField.lineLimit else {
            showToast(.hint, InspectorTexts.pasteTooLong(text.utf8.count))
            return false
        }
        field.insert(TextSanitizer.line(text))
        return true
    }
}
