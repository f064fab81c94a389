import Foundation
package import VisitorSessions

/// A popup, which receives the keys while it is on top.
package enum Popup: Sendable {
    case help(Help)
    case palette(Palette)
    case confirmation(Confirmation)
    case setTokens(SetEditor)
    case label(LabelEditor)
    case form(SessionForm)
    case copy(CopyMenu)
    case view(ViewMenu)
    case notice(Notice)

    var focus: Focus {
        switch self {
        case .help(let help): help.filter.isTyped ? .popupFilter : .help
        case .palette: .palette
        case .confirmation: .confirmation
        case .setTokens: .setEditor
        case .label: .labelEditor
        case .form: .form
        case .copy, .view: .menu
        case .notice(let notice): notice.filter.isTyped ? .popupFilter : .notice
        }
    }
}

/// The help: the keys of a pane, and the symbols.
package struct Help: Sendable {
    let context: Focus
    var filter = PopupFilter()
    var scroll = 0

    init(of context: Focus) { self.context = context }
}

/// The command palette.
package struct Palette: Sendable {
    package var field = TextField()
    /// The chosen command. `nil`: none was chosen, so it is the first one, unless Enter could run that by mistake.
    package var choice: Int?
    /// Where the command will run.
    package let context: Focus

    /// The typed text, without spaces at its ends.
    var text: String { field.text.trimmingCharacters(in: .whitespaces) }
}

/// A menu of the list's columns, of what it is sorted by, or of probe requests.
package struct ViewMenu: Sendable {
    package enum Kind: Hashable, Sendable {
        case columns, sort
        case probes([String])
    }

    package let kind: Kind
    package var choice = 0

    var count: Int {
        switch kind {
        case .columns: ColumnID.optional.count
        case .sort: SessionSort.Key.allCases.count
        case .probes(let names): names.count
        }
    }
}

/// A question that one key confirms and any other cancels.
package struct Confirmation: Sendable {
    /// What happens to the sessions, such as “discard”.
    package var verb: String
    package var sessions: [VisitorSession]
    package var warning: String
    package var actions: [SessionAction]

    /// Whether the actions undo a change, so that the redo key can redo it.
    var isUndo = false

    /// The source of further sessions, or `nil` if ``sessions`` is complete.
    var source: BulkSource?
    /// How many sessions ``source`` has, if known.
    var count: Int?
}

package struct LabelEditor: Sendable {
    package var session: VisitorSession
    package var field: TextField
}

extension Popup {
    /// The filter of the popup's lines. Changing its words scrolls to the top. `nil`: the popup can't be filtered.
    var filter: PopupFilter? {
        get {
            switch self {
            case .help(let help): help.filter
            case .notice(let notice): notice.filter
            default: nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .help(var help):
                if help.filter.words != newValue.words { help.scroll = 0 }
                help.filter = newValue
                self = .help(help)
            case .notice(var notice):
                if notice.filter.words != newValue.words { notice.scroll = 0 }
                notice.filter = newValue
                self = .notice(notice)
            default: break
            }
        }
    }

    /// Edits the popup's text. Returns `nil` if there is no text, or if `edit` doesn't apply.
    mutating func edit(_ edit: (inout TextField) -> Bool) -> [Effect]? {
        switch self {
        case .palette(var palette):
            guard edit(&palette.field) else { return nil }
            palette.choice = nil
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
        case .help, .notice:
            guard var filter, filter.isTyped, edit(&filter.field) else { return nil }
            self.filter = filter
        case .confirmation, .copy, .view: return nil
        }
        return []
    }

    /// Scrolls, or moves the choice.
    ///
    /// - Parameters:
    ///   - limit: The maximum scroll position, or the index of the last choice.
    ///   - preselected: The palette's choice before one is made. -1: none.
    mutating func move(_ motion: Motion, page: Int, limit: Int, from preselected: Int) {
        func target(_ line: Int) -> Int { motion.target(from: line, page: page, limit: limit) }
        switch self {
        case .help(var help):
            help.scroll = target(help.scroll)
            self = .help(help)
        case .notice(var notice):
            notice.scroll = target(notice.scroll)
            self = .notice(notice)
        case .palette(var palette):
            palette.choice = target(palette.choice ?? preselected)
            self = .palette(palette)
        case .copy(var menu):
            menu.choice = target(menu.choice)
            self = .copy(menu)
        case .view(var menu):
            menu.choice = target(menu.choice)
            self = .view(menu)
        case .setTokens(var editor):
            editor.choice = target(editor.choice)
            self = .setTokens(editor)
        case .form(var form):
            form.current = target(form.current)
            self = .form(form)
        case .confirmation, .label: break
        }
    }

    /// Shows what was read from the token editor's text. Returns the editor if Enter has already been pressed.
    mutating func showReading(_ result: Result<[TokenPreview], UnreadableTokensNotice>, serial: Int) -> SetEditor? {
        guard case .setTokens(var editor) = self, editor.serial == serial else { return nil }
        editor.reading =
            switch result {
            case .success(let previews) where previews.count > 1: .several(previews)
            case .success(let previews): previews.first.map { .recognized($0) } ?? .nothing
            case .failure(let notice): .unrecognized(notice.sentence, anyway: notice.anyway)
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
