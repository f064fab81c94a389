import Foundation
import TerminalText
import VisitorSessions

extension Model {
    mutating func openEditor(_ action: Action) -> [Effect] {
        if action == .setNew {
            popups.append(.setTokens(SetEditor()))
        } else if let session = list.selected {
            popups.append(
                action == .label
                    ? .label(LabelEditor(session: session, field: TextField(session.label)))
                    : .setTokens(SetEditor(for: session)))
        }
        return []
    }

    // MARK: The label

    mutating func applyLabel(_ editor: LabelEditor) -> [Effect] {
        popups.removeLast()
        // Blanks at its ends cannot be seen, and nobody could name the session by them.
        let label = editor.field.text.trimmingCharacters(in: .whitespaces)
        guard !Quotation.holdsToken(label) else {
            say(.hint, "The label is unchanged: it would hold a token, and labels are shown.")
            return []
        }
        guard label != editor.session.label else {
            say(.hint, "The label is unchanged.")
            return []
        }
        return begin([.label(editor.session.id, label, before: editor.session.label)])
    }

    // MARK: Tokens

    /// Asks what the text of the editor means by now.
    mutating func read(_ editor: SetEditor) -> [Effect] {
        var editor = editor
        let effects = editor.read()
        popups[popups.count - 1] = .setTokens(editor)
        return effects
    }

    mutating func understand(_ result: Result<TokenPreview, UnreadableTokensNotice>, serial: Int) -> [Effect] {
        guard case .setTokens(var editor)? = popups.last, editor.serial == serial else { return [] }
        editor.reading =
            switch result {
            case .success(let preview): .understood(preview)
            case .failure(let notice): .notUnderstood(notice.sentence)
            }
        popups[popups.count - 1] = .setTokens(editor)
        return editor.isConfirmed ? apply(editor) : []
    }

    /// Sets what was understood. What is still being read is set as soon as it is understood.
    mutating func apply(_ editor: SetEditor) -> [Effect] {
        var editor = editor
        editor.isConfirmed = editor.reading.isPending
        guard case .understood(let preview) = editor.reading, editor.otherHolder(of: preview) == nil else {
            popups[popups.count - 1] = .setTokens(editor)
            if case .nothing = editor.reading {
                say(.hint, "Paste tokens first. \(key(.back, in: .setEditor)) goes back.")
            }
            if case .notUnderstood = editor.reading {
                say(.hint, "Unrecognized tokens. ^u clears.")
            }
            if case .understood = editor.reading {
                let back = key(.back, in: .setEditor)
                say(.hint, "Another session already uses this refresh token. ^u clears, \(back) goes back.")
            }
            return []
        }
        guard let session = editor.session else {
            popups.removeLast()
            return begin([.add(preview.tokens, clientID: preview.clientID)])
        }
        let operation = Operation.set(
            preview.tokens, clientID: preview.clientID, on: session.id, replacing: preview.replacing)
        guard let warning = preview.warning else {
            popups.removeLast()
            return begin([operation])
        }
        // The editor stays below: no is not the end of it.
        popups[popups.count - 1] = .setTokens(editor)
        popups.append(
            .confirmation(
                Confirmation(
                    verb: "set these tokens on", sessions: [session], warning: warning, operations: [operation])))
        return []
    }

    /// What came back from the person's own editor.
    mutating func takeEdited(_ text: Secret) -> [Effect] {
        guard case .setTokens(var editor)? = popups.last else { return [] }
        editor.field = TextField(text.reveal())
        return read(editor)
    }

    // MARK: Pastes

    /// Pastes into a line that a person reads. One of pages is none, and only a mistake.
    private mutating func insert(_ text: String, into field: inout TextField) -> Bool {
        guard !Quotation.holdsToken(text) else {
            say(.hint, "Nothing was pasted: it holds a token, and what stands here is shown.")
            return false
        }
        guard text.utf8.count <= TextField.lineLimit else {
            say(.hint, "Nothing was pasted: \(text.utf8.count.grouped) bytes are too long for this line.")
            return false
        }
        field.insert(TextSanitizer.line(text))
        return true
    }

    /// A paste is never run as keys. Outside an editor it opens the one that takes tokens.
    mutating func paste(_ text: String) -> [Effect] {
        if layout.isTooSmall { return [] }
        switch popups.last {
        case .setTokens(var editor):
            editor.field.insert(text)
            return read(editor)
        case .label(var editor):
            if insert(text, into: &editor.field) { replaceTop(.label(editor)) }
            return []
        case .palette(var palette):
            if insert(text, into: &palette.field) { replaceTop(.palette(palette)) }
            return []
        case .some:
            say(.hint, "Pasting does nothing here. \(key(.back, in: focus)) goes back.")
            return []
        case nil: break
        }
        if line != nil, Quotation.mayHoldToken(text) { return findHolder(of: text) }
        if var line { return insert(text, into: &line) ? take(line) : [] }
        if let obstacle = readOnlyObstacle {
            say(.hint, obstacle)
            return []
        }
        _ = openEditor(list.selected == nil ? .setNew : .set)
        say(.hint, "Pasted into the token editor. \(key(.back, in: .setEditor)) cancels.")
        return paste(text)
    }
}
