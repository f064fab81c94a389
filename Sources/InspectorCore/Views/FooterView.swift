import TerminalText
import VisitorSessions

/// The last rows: the toast, the running job or the line that is typed, and the key bar.
enum FooterView {
    static func draw(_ model: Model, in frame: inout Frame) {
        drawMessage(model, in: &frame)
        drawKeys(model, in: &frame)
    }

    private static func drawMessage(_ model: Model, in frame: inout Frame) {
        let row = model.layout.messageRow
        let end = drawWords(model, row: row, in: &frame)
        drawPlace(model, row: row, behind: end, in: &frame)
    }

    /// Draws what matters most, and returns the column after it.
    private static func drawWords(_ model: Model, row: Int, in frame: inout Frame) -> Int {
        if let line = model.line {
            if let toast = model.status.toast { draw(toast, model, row: row - 1, in: &frame) }
            return drawLine(line, of: model, row: row, in: &frame)
        } else if let toast = model.status.toast {
            return draw(toast, model, row: row, in: &frame)
        } else if let problem = model.status.storeProblem {
            return drawMessage("✖", problem, .error, model, row: row, in: &frame)
        } else if let busy = busyText(model) {
            return frame.put(" ↻ \(busy)", row: row, column: 0, style: Style(.renewing))
        } else if model.list.marks.rangeStart != nil {
            let range = InspectorTexts.range(
                model.list.marks.rangeCount, range: model.key(.range), back: model.key(.back))
            return frame.put(" ✓ \(range)", row: row, column: 0)
        } else if !model.list.marks.isEmpty {
            let verbs = [Action.renew, .discard, .autoRenew, .copy].map { action in
                "\(model.key(action)) \(model.keymap.binding(of: action)?.name ?? "")"
            }
            let marked = InspectorTexts.marked(
                model.list.marks.count, hidden: model.list.hiddenMarks, keys: verbs.joined(separator: "  "),
                unmark: model.key(.clearMarks))
            return frame.put(" ✓ \(marked)", row: row, column: 0, style: Style(.accent))
        } else if !model.list.filterText.isEmpty {
            let clear = InspectorTexts.clears(model.key(.back))
            return frame.put(" / \(model.list.filterText)   \(clear)", row: row, column: 0, style: Style(.match))
        } else if let problem = model.status.issuerProblem {
            return drawMessage("✖", problem, .error, model, row: row, in: &frame)
        }
        return 0
    }

    /// On the right, if there is room: the filter, if a message hides it, and the number of the selected session in the list.
    private static func drawPlace(_ model: Model, row: Int, behind column: Int, in frame: inout Frame) {
        var parts: [(text: String, style: Style)] = []
        if model.status.toast != nil, model.line == nil, !model.list.filterText.isEmpty {
            parts.append(("/ \(TextSanitizer.line(model.list.filterText))", Style(.match)))
        }
        if model.layout.listHeight == 0 {
            // The list is hidden.
        } else if model.showsWait {
            parts.append((InspectorTexts.isSearching, Style(.renewing)))
        } else if model.list.place.isFirstCounted {
            parts.append((InspectorTexts.isCounting, .dim))
        } else if let position = model.list.position {
            parts.append((InspectorTexts.place(position.number, of: position.total), .dim))
        }
        while !parts.isEmpty {
            var line = StyledLine()
            line.parts = Array(parts.flatMap { [("   ", .dim), $0] }.dropFirst())
            let start = frame.size.width - line.width - 1
            if start > column + 1 {
                line.draw(row: row, column: start, limit: frame.size.width, in: &frame)
                return
            }
            parts.removeLast()
        }
    }

    /// Draws a hint over the popup in which the key was pressed.
    static func drawHint(_ model: Model, in frame: inout Frame) {
        guard let toast = model.status.toast, toast.kind == .hint, !model.popups.isEmpty else { return }
        draw(toast, model, row: model.layout.messageRow, in: &frame)
    }

    @discardableResult
    private static func draw(_ toast: Toast, _ model: Model, row: Int, in frame: inout Frame) -> Int {
        let (sign, role): (String, Style.Role) =
            switch toast.kind {
            case .done: ("✔", .notice)
            case .hint: ("·", .dim)
            case .failure: ("✖", .error)
            }
        return drawMessage(sign, toast.text, role, model, row: row, in: &frame)
    }

    /// Draws a message, which grows upwards if it is long. Returns the column after its last line.
    @discardableResult
    private static func drawMessage(
        _ sign: String, _ text: String, _ role: Style.Role, _ model: Model, row: Int, in frame: inout Frame
    ) -> Int {
        let lines = model.messageLines(text, style: Style(role))
        for (offset, line) in lines.enumerated() {
            let place = row - lines.count + 1 + offset
            frame.fill(row: place, columns: 0..<frame.size.width, style: .plain)
            if offset == 0 { frame.put(" \(sign)", row: place, column: 0, style: Style(role)) }
            line.draw(row: place, column: 3, limit: frame.size.width, in: &frame)
        }
        return 3 + (lines.last?.width ?? 0)
    }

    /// Draws the line that is typed, and returns the column after it.
    private static func drawLine(_ line: TextField, of model: Model, row: Int, in frame: inout Frame) -> Int {
        let column = frame.put(" / ", row: row, column: 0, style: Style(.accent, bold: true))
        if InputRedactor.mayContainToken(line.text) {
            let end = frame.put(line.masked(atMost: 8), row: row, column: column)
            frame.cursor = Place(row: row, column: min(end, frame.size.width - 1))
            frame.showsCursor = true
            let keys = InspectorTexts.tokenLineKeys(
                accept: model.key(.accept, in: .line), back: model.key(.back, in: .line))
            return frame.put("   \(keys)", row: row, column: end, style: .dim)
        }
        let end = line.draw(row: row, columns: column..<frame.size.width, in: &frame)
        guard line.isEmpty else { return end }
        let hint =
            switch model.panes.focus {
            case .details, .history: InspectorTexts.searchHint
            case .log: InspectorTexts.logFilterHint
            default: InspectorTexts.filterHint
            }
        let keys = InspectorTexts.lineKeys(accept: model.key(.accept, in: .line), back: model.key(.back, in: .line))
        return frame.put("\(hint)   \(keys)", row: row, column: column + 1, style: .dim)
    }

    private static func busyText(_ model: Model) -> String? {
        if model.jobs.isSuspending { return InspectorTexts.isSuspending }
        guard let job = model.jobs.jobs.first, let action = job.sample else {
            return model.openQuestions > 0 ? InspectorTexts.isAsking : nil
        }
        return InspectorTexts.progress(job, action, back: model.key(.back))
    }

    private static func drawKeys(_ model: Model, in frame: inout Frame) {
        let row = model.layout.keyRow
        frame.fill(row: row, columns: 0..<frame.size.width, style: Style(.bar))
        for item in KeyBar.items(model) {
            let column = frame.put(
                item.key.name, row: row, column: item.columns.lowerBound, style: Style(.barKey, bold: item.isEnabled))
            frame.put(" \(item.name)", row: row, column: column, style: Style(.bar))
        }
    }
}
