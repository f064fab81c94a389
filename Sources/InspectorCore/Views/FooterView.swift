import VisitorSessions

/// The last two rows: what was just said, or the filter, and the keys.
enum FooterView {
    static func draw(_ model: Model, in frame: inout Frame) {
        drawMessage(model, row: model.layout.messageRow, in: &frame)
        drawKeys(model, row: model.layout.keyRow, in: &frame)
    }

    private static func drawMessage(_ model: Model, row: Int, in frame: inout Frame) {
        if let field = model.list.filterField {
            let column = frame.put(" / ", row: row, column: 0, style: Style(.accent, bold: true))
            frame.put(field.text, row: row, column: column)
            let cursor = min(column + DisplayWidth.of(TextSanitizer.line(field.head)), frame.size.width - 1)
            frame.cursor = Place(row: row, column: cursor)
            frame.showsCursor = true
            if field.isEmpty {
                frame.put(
                    "words · state:expired · role:member   Enter keeps, Esc clears", row: row, column: column + 1,
                    style: .dim)
            }
        } else if let toast = model.toast {
            let role: Style.Role = toast.kind == .failure ? .error : toast.kind == .done ? .notice : .dim
            let sign = toast.kind == .failure ? "✖" : toast.kind == .done ? "✔" : "·"
            frame.put(" \(sign) \(toast.text)", row: row, column: 0, style: Style(role))
        } else if let problem = model.storeProblem {
            frame.put(" ✖ \(problem)", row: row, column: 0, style: Style(.error))
        } else if let busy = busyText(model) {
            frame.put(" ↻ \(busy)", row: row, column: 0, style: Style(.renewing))
        } else if !model.list.filterText.isEmpty {
            frame.put(" / \(model.list.filterText)   (Esc clears)", row: row, column: 0, style: Style(.match))
        }
    }

    private static func busyText(_ model: Model) -> String? {
        guard let first = model.pending.first else { return nil }
        return model.pending.count == 1 ? "\(first.presentTense)…" : "\(model.pending.count) under way…"
    }

    private static func drawKeys(_ model: Model, row: Int, in frame: inout Frame) {
        frame.fill(row: row, columns: 0..<frame.size.width, style: Style(.bar))
        var column = 1
        for binding in fitting(model.keymap, width: frame.size.width) {
            guard let key = binding.keys.first else { continue }
            let isBlocked = binding.obstacle(model) != nil
            column = frame.put(key.name, row: row, column: column, style: Style(.barKey, bold: !isBlocked))
            column = frame.put(" \(binding.name)", row: row, column: column, style: Style(.bar)) + 2
        }
    }

    /// The keys that the bar has room for, in the order of the keymap.
    private static func fitting(_ keymap: Keymap, width: Int) -> [KeyBinding] {
        var shown = keymap.bindings.filter { $0.barRank != nil }
        func needed() -> Int {
            shown.reduce(0) { $0 + DisplayWidth.of($1.keys.first?.name ?? "") + DisplayWidth.of($1.name) + 3 }
        }
        while needed() > width, let last = shown.compactMap(\.barRank).max() {
            shown.removeAll { $0.barRank == last }
        }
        return shown
    }
}
