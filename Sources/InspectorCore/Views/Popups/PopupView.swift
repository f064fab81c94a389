import VisitorSessions

/// The popup on top, over the panes. One look, and one way out: Esc.
enum PopupView {
    static func draw(_ popup: Popup, of model: Model, in frame: inout Frame) {
        let key = { (action: Action) in model.key(action, in: popup.focus) }
        switch popup {
        case .help(let focus, let scroll):
            PopupBox(
                title: "keys in the \(focus.rawValue)",
                hint: "\(key(.down)) scroll · \(key(.last)) signs · \(key(.back)) closes",
                lines: HelpLines.lines(of: focus, model), scroll: scroll
            ).draw(in: &frame)
        case .notice(let notice):
            PopupBox(
                title: notice.title, hint: "\(key(.back)) closes", lines: NoticeLines.lines(notice, model),
                scroll: notice.scroll
            ).draw(in: &frame)
        case .confirmation(let confirmation):
            PopupBox(
                title: ConfirmationLines.title(confirmation), hint: "\(key(.confirm)) confirm · any other key cancels",
                lines: ConfirmationLines.lines(confirmation, model, height: frame.size.height)
            ).draw(in: &frame)
        case .palette(let palette): PaletteView.draw(palette, model, in: &frame)
        case .copy(let menu): CopyMenuView.draw(menu, model, in: &frame)
        case .label(let editor):
            let area = PopupBox(
                title: "label of \(editor.session.id.prefix(6))", hint: "\(key(.accept)) save · \(key(.back)) cancel",
                lines: [StyledLine()], width: 60
            ).draw(in: &frame)
            editor.field.draw(row: area.row, columns: area.column..<area.column + area.width, in: &frame)
        case .setTokens(let editor):
            let area = PopupBox(
                title: "set tokens on \(editor.targetName)", hint: SetEditorLines.hint(editor, model),
                lines: SetEditorLines.lines(editor, model), width: 72
            ).draw(in: &frame)
            let typed = min(editor.field.cursor, TextField.maskedCharacters)
            frame.cursor = Place(row: area.row, column: min(area.column + typed, frame.size.width - 1))
            frame.showsCursor = true
        }
    }

    /// How far a popup can be scrolled.
    static func scrollLimit(of popup: Popup, _ model: Model) -> Int {
        let count =
            switch popup {
            case .help(let focus, _): HelpLines.lines(of: focus, model).count
            case .notice(let notice): NoticeLines.lines(notice, model).count
            default: 0
            }
        return max(count - (model.size.height - 2), 0)
    }
}
