import TerminalText
import VisitorSessions

/// What a click applies to.
enum HitTarget: Sendable {
    case session(SessionID)
    case sort(SessionSort.Key)
    case key(Key)
    case pane(Focus)
    /// An object of a token's claims.
    case fold([String])
    /// The index of a choice in the top popup.
    case choice(Int)
    /// The screen around a popup's choices, which hides the targets below it.
    case popup
}

/// The clickable parts of the screen, computed from the model alone: updates resolve clicks without drawing.
struct HitRegions {
    /// Later regions cover earlier ones.
    private var regions: [(rows: Range<Int>, columns: Range<Int>, target: HitTarget)] = []

    init(_ model: Model) {
        let layout = model.layout
        if layout.listHeight > 0 {
            for column in ListColumn.fitting(model) {
                if let key = column.sortKey { add(.sort(key), row: layout.titleRow, columns: column.columns) }
            }
            for (offset, index) in model.visibleRows.enumerated() {
                add(.session(model.list.rows[index].id), row: layout.listTop + offset, columns: 0..<layout.size.width)
            }
        }
        if layout.paneHeight > 0 {
            let boxes = model.paneBoxes
            for box in boxes {
                regions.append((layout.paneRows, box.columns, .pane(box.pane)))
                for (offset, line) in box.lines.dropFirst(box.scroll).prefix(layout.paneRows.count - 1).enumerated() {
                    guard let node = line.node else { continue }
                    add(.fold(node), row: layout.paneTop + 1 + offset, columns: box.columns)
                }
            }
            for tab in model.paneTabs(beside: boxes) { add(.pane(tab.pane), row: layout.paneTop, columns: tab.columns) }
        }
        for item in KeyBar.items(model) { add(.key(item.key), row: layout.keyRow, columns: item.columns) }
        guard let popup = model.popups.last else { return }
        // The popup receives all keys, so a click outside it must not press one.
        let box = PopupBox(popup, model)
        regions.append((0..<layout.size.height, 0..<layout.size.width, .popup))
        guard let choices = box.choices else { return }
        for (offset, choice) in choices.shown.enumerated() {
            add(.choice(choice), row: box.textRow + choices.line + offset, columns: box.textColumns)
        }
    }

    private mutating func add(_ target: HitTarget, row: Int, columns: Range<Int>) {
        regions.append((row..<row + 1, columns, target))
    }

    func target(at position: Position) -> HitTarget? {
        regions.last { $0.rows.contains(position.row) && $0.columns.contains(position.column) }?.target
    }
}

/// The keys in the last row of the screen.
enum KeyBar {
    struct Item {
        let key: Key
        let name: String
        let isEnabled: Bool
        let columns: Range<Int>
    }

    /// The keys that fit, without those that can't work at all. A popup and the prompt show their own keys.
    static func items(_ model: Model) -> [Item] {
        let pane = model.panes.focus
        guard model.focus == pane else { return [] }
        var shown: [(rank: Int, key: Key, name: String, binding: KeyBinding)] = []
        for binding in model.keymap.bindings(in: pane) {
            guard let rank = binding.barRank(in: pane), let key = binding.keys.first,
                !(model.isReadOnly && binding.changesSessions),
                binding.action != .undo || !model.jobs.undoSteps.isEmpty,
                binding.action != .restore || binding.disabledReason(in: model) == nil
            else { continue }
            shown.append((rank, key, name(of: binding, model), binding))
        }
        var widths = shown.map { DisplayWidth.of($0.key.name) + DisplayWidth.of($0.name) + 3 }
        while widths.reduce(0, +) > model.size.width, let last = shown.map(\.rank).max(),
            let index = shown.lastIndex(where: { $0.rank == last })
        {
            shown.remove(at: index)
            widths.remove(at: index)
        }
        var column = 1
        return zip(shown, widths).map { item, width in
            defer { column += width }
            return Item(
                key: item.key, name: item.name, isEnabled: item.binding.disabledReason(in: model) == nil,
                columns: column..<column + width - 1)
        }
    }

    /// What the key does at the moment.
    static func name(of binding: KeyBinding, _ model: Model) -> String {
        switch binding.action {
        case .undo:
            model.jobs.undoSteps.last.map { InspectorTexts.undo($0, selected: model.list.selected?.id) } ?? binding.name
        case .redo: model.jobs.redoSteps.last.map(InspectorTexts.redo) ?? binding.name
        case .backOrQuit where !model.hasNothingToDismiss: InspectorTexts.back
        case .filter where [.details, .history].contains(model.panes.focus): InspectorTexts.search
        default: binding.name
        }
    }
}
