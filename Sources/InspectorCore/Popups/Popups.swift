package import VisitorSessions

/// The popup above the panes, which receives the keys.
package enum Popup: Sendable {
    /// The keys of a pane, scrolled down by some lines.
    case help(of: Focus, scroll: Int)
    case palette(Palette)
    case confirmation(Confirmation)
    case setTokens(SetEditor)
    case label(LabelEditor)
    case copy(CopyMenu)
    case notice(Notice)

    var focus: Focus {
        switch self {
        case .help: .help
        case .palette: .palette
        case .confirmation: .confirmation
        case .setTokens: .setEditor
        case .label: .labelEditor
        case .copy: .menu
        case .notice: .notice
        }
    }
}

/// The commands, found by typing.
package struct Palette: Sendable {
    package var field = TextField()
    package var choice = 0

    /// Where the command will run.
    package let context: Focus
}

/// A question that one key confirms. Any other cancels.
package struct Confirmation: Sendable {
    /// What is to be done, such as “discard”.
    package var verb: String
    package var sessions: [VisitorSession]

    /// What it costs.
    package var warning: String
    package var actions: [SessionAction]
}

package struct LabelEditor: Sendable {
    package var session: VisitorSession
    package var field: TextField
}

/// The open popups. Only the top one is visible and takes keys.
package struct Popups: Sendable {
    private var stack: [Popup] = []

    package var isEmpty: Bool { stack.isEmpty }
    package var count: Int { stack.count }

    /// The top one.
    package var last: Popup? { stack.last }

    mutating func push(_ popup: Popup) {
        stack.append(popup)
    }

    mutating func pop() {
        stack.removeLast()
    }

    mutating func removeAll() {
        stack = []
    }

    mutating func replaceTop(_ popup: Popup) {
        stack[stack.count - 1] = popup
    }

    /// Edits the text of the top popup. `nil`: it has no text, or `edit` didn't apply to it.
    mutating func edit(_ edit: (inout TextField) -> Bool) -> [Effect]? {
        switch stack.last {
        case .palette(var palette)?:
            guard edit(&palette.field) else { return nil }
            palette.choice = 0
            replaceTop(.palette(palette))
            return []
        case .label(var editor)?:
            guard edit(&editor.field) else { return nil }
            replaceTop(.label(editor))
            return []
        case .setTokens(var editor)?:
            guard edit(&editor.field) else { return nil }
            let effects = editor.read()
            replaceTop(.setTokens(editor))
            return effects
        case .help?, .confirmation?, .copy?, .notice?, nil: return nil
        }
    }

    /// Inserts text into the top popup's.
    mutating func insert(_ text: String) -> [Effect] {
        edit {
            $0.insert(text)
            return true
        } ?? []
    }

    /// Scrolls the top popup, or moves its choice. `limit` is its last scroll position or choice.
    mutating func move(_ motion: Motion, page: Int, limit: Int) {
        func target(_ line: Int) -> Int { motion.target(from: line, page: page, limit: limit) }
        switch stack.last {
        case .help(let focus, let scroll)?: replaceTop(.help(of: focus, scroll: target(scroll)))
        case .notice(var notice)?:
            notice.scroll = target(notice.scroll)
            replaceTop(.notice(notice))
        case .palette(var palette)?:
            palette.choice = target(palette.choice)
            replaceTop(.palette(palette))
        case .copy(var menu)?:
            menu.choice = target(menu.choice)
            replaceTop(.copy(menu))
        case .confirmation?, .setTokens?, .label?, nil: break
        }
    }

    /// Shows what the text means. Returns the editor if Enter was pressed on this text already.
    mutating func take(_ result: Result<TokenPreview, UnreadableTokensNotice>, serial: Int) -> SetEditor? {
        guard case .setTokens(var editor)? = stack.last, editor.serial == serial else { return nil }
        editor.reading =
            switch result {
            case .success(let preview): .understood(preview)
            case .failure(let notice): .notUnderstood(notice.sentence)
            }
        replaceTop(.setTokens(editor))
        return editor.isConfirmed ? editor : nil
    }
}
