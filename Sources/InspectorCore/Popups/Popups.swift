package import VisitorSessions

/// A popup, which receives the keys while it is on top.
package enum Popup: Sendable {
    /// The keys of a pane.
    case help(of: Focus, scroll: Int)
    case palette(Palette)
    case confirmation(Confirmation)
    case setTokens(SetEditor)
    case label(LabelEditor)
    case form(SessionForm)
    case copy(CopyMenu)
    case notice(Notice)

    var focus: Focus {
        switch self {
        case .help: .help
        case .palette: .palette
        case .confirmation: .confirmation
        case .setTokens: .setEditor
        case .label: .labelEditor
        case .form: .form
        case .copy: .menu
        case .notice: .notice
        }
    }
}

/// The command palette.
package struct Palette: Sendable {
    package var field = TextField()
    package var choice = 0
    /// Where the command will run.
    package let context: Focus
}

/// A question that one key confirms and any other cancels.
package struct Confirmation: Sendable {
    /// Such as “discard”.
    package var verb: String
    package var sessions: [VisitorSession]
    package var warning: String
    package var actions: [SessionAction]
}

package struct LabelEditor: Sendable {
    package var session: VisitorSession
    package var field: TextField
}

extension Popup {
    /// Edits the text. `nil`: there is none, or `edit` didn't apply to it.
    mutating func edit(_ edit: (inout TextField) -> Bool) -> [Effect]? {
        switch self {
        case .palette(var palette):
            guard edit(&palette.field) else { return nil }
            palette.choice = 0
            self = .palette(palette)
        case .label(var editor):
            guard edit(&editor.field) else { return nil }
            self = .label(editor)
        case .setTokens(var editor):
            guard edit(&editor.field) else { return nil }
            defer { self = .setTokens(editor) }
            return editor.read()
        case .form(var form):
            guard form.edit(edit) else { return nil }
            self = .form(form)
        case .help, .confirmation, .copy, .notice: return nil
        }
        return []
    }

    /// Scrolls, or moves the choice.
    ///
    /// - Parameter limit: The last scroll position or choice.
    mutating func move(_ motion: Motion, page: Int, limit: Int) {
        func target(_ line: Int) -> Int { motion.target(from: line, page: page, limit: limit) }
        switch self {
        case .help(let focus, let scroll): self = .help(of: focus, scroll: target(scroll))
        case .notice(var notice):
            notice.scroll = target(notice.scroll)
            self = .notice(notice)
        case .palette(var palette):
            palette.choice = target(palette.choice)
            self = .palette(palette)
        case .copy(var menu):
            menu.choice = target(menu.choice)
            self = .copy(menu)
        case .setTokens(var editor):
            editor.choice = target(editor.choice)
            self = .setTokens(editor)
        case .form(var form):
            form.current = target(form.current)
            self = .form(form)
        case .confirmation, .label: break
        }
    }

    /// Shows what was read from the token editor's text. Returns the editor if Enter was pressed before.
    mutating func showReading(_ result: Result<[TokenPreview], UnreadableTokensNotice>, serial: Int) -> SetEditor? {
        guard case .setTokens(var editor) = self, editor.serial == serial else { return nil }
        editor.reading =
            switch result {
            case .success(let previews) where previews.count > 1: .several(previews)
            case .success(let previews): previews.first.map { .recognized($0) } ?? .nothing
            case .failure(let notice): .unrecognized(notice.sentence)
            }
        self = .setTokens(editor)
        return editor.isConfirmed ? editor : nil
    }
}

extension [Popup] {
    /// The visible popup.
    var top: Popup? {
        get { last }
        set { if let newValue, !isEmpty { self[count - 1] = newValue } }
    }
}
