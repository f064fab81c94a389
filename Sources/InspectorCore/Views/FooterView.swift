import TerminalText
import VisitorSessions

/// The last rows: a message, a job's progress or the prompt, and the key bar.
enum FooterView {
    static func draw(_ model: Model, in frame: inout Frame) {
        let end = drawMessage(model, row: model.layout.messageRow, in: &frame)
        drawPosition(model, after: end, in: &frame)
        drawKeys(model, in: &frame)
    }

    /// Draws the most important message, and returns the column after it.
    private static func drawMessage(_ model: Model, row: Int, in frame: inout Frame) -> Int {
        let marks = model.list.marks
        if let prompt = model.prompt {
            if let toast = model.status.toast { draw(toast.text, toast.kind, model, row: row - 1, in: &frame) }
            return drawPrompt(prompt, of: model, row: row, in: &frame)
        } else if let toast = model.status.toast {
            return draw(toast.text, toast.kind, model, row: row, in: &frame)
        } else if let problem = model.status.storeProblem {
            return draw(problem, .failure, model, row: row, in: &frame)
        } else if let busy = busyText(model) {
            return frame.put(" ↻ \(busy)", row: row, column: 0, style: Style(.renewing))
        } else if marks.rangeStart != nil {
            let range = InspectorTexts.range(marks.rangeCount, range: model.key(.range), back: model.key(.back))
            return frame.put(" ✓ \(range)", row: row, column: 0)
        } else if !marks.isEmpty {
            let actions = [Action.renew, .discard, .autoRenew] + (marks.matching == nil ? [.copy] : [])
            let verbs = actions.map { action in
                "\(model.key(action)) \(model.keymap.binding(of: action)?.name ?? "")"
            }
            let marked = InspectorTexts.marked(
                model.list.markCount, hidden: model.list.hiddenMarks, keys: verbs.joined(separator: "  "),
                unmark: model.key(.clearMarks))
            return frame.put(" ✓ \(marked)", row: row, column: 0, style: Style(.accent))
        } else if !model.list.filterText.isEmpty {
            let clear = InspectorTexts.clears(model.key(.back))
            return frame.put(" / \(model.list.filterText)   \(clear)", row: row, column: 0, style: Style(.match))
        } else if let problem = model.status.issuerProblem {
            return draw(problem, .failure, model, row: row, in: &frame)
        }
        return model.status.score.isEmpty ? 0 : drawScore(model, row: row, in: &frame)
    }

    private static func drawScore(_ model: Model, row: Int, in frame: inout Frame) -> Int {
        let start = Times.clock(
            model.startedAt, secondsFromUTC: model.secondsFromUTC(at: model.startedAt), showsSeconds: false)
        var line = StyledLine()
        let score = model.status.score
        let parts = InspectorTexts.score(
            renewed: score.renewed, failed: score.failed, expired: score.expired, since: start)
        for part in parts {
            line.parts.append((line.text.isEmpty ? " " : " · ", .dim))
            line.parts.append((part.text, Style(part.isFailure ? .error : .dim)))
        }
        return line.draw(row: row, column: 0, limit: frame.size.width, in: &frame)
    }

    /// On the right, if there is room: the filter, if a message hides it, and the selected session's number.
    private static func drawPosition(_ model: Model, after column: Int, in frame: inout Frame) {
        var parts: [(text: String, style: Style)] = []
        if model.status.toast != nil, model.prompt == nil, !model.list.filterText.isEmpty {
            parts.append(("/ \(TextSanitizer.line(model.list.filterText))", Style(.match)))
        }
        if model.layout.listHeight == 0 {
            // The list is hidden.
        } else if model.showsWait {
            parts.append((InspectorTexts.isSearching, Style(.renewing)))
        } else if model.list.window.awaitsFirstCount {
            parts.append((InspectorTexts.isCounting, .dim))
        } else if let position = model.list.position {
            parts.append((InspectorTexts.place(position.number, of: position.total), .dim))
        }
        while !parts.isEmpty {
            var line = StyledLine()
            line.parts = Array(parts.flatMap { [("   ", .dim), $0] }.dropFirst())
            let start = frame.size.width - line.width - 1
            if start > column + 1 {
                line.draw(row: model.layout.messageRow, column: start, limit: frame.size.width, in: &frame)
                return
            }
            parts.removeLast()
        }
    }

    /// Draws a hint over the popup in which the key was pressed.
    static func drawHint(_ model: Model, in frame: inout Frame) {
        guard let toast = model.status.toast, toast.kind == .hint, !model.popups.isEmpty else { return }
        draw(toast.text, .hint, model, row: model.layout.messageRow, in: &frame)
    }

    /// Draws a message, upwards if it is long, and returns the column after its last line.
    @discardableResult
    private static func draw(
        _ text: String, _ kind: EventLog.Line.Kind, _ model: Model, row: Int, in frame: inout Frame
    ) -> Int {
        let style = Style(kind.look.role)
        let lines = model.messageLines(text, style: style)
        for (offset, line) in lines.enumerated() {
            let place = row - lines.count + 1 + offset
            frame.fill(row: place, columns: 0..<frame.size.width, style: .plain)
            if offset == 0 { frame.put(" \(kind.look.sign)", row: place, column: 0, style: style) }
            line.draw(row: place, column: 3, limit: frame.size.width, in: &frame)
        }
        return 3 + (lines.last?.width ?? 0)
    }

    /// Draws the prompt, and returns the column after it.
    private static func drawPrompt(_ prompt: TextField, of model: Model, row: Int, in frame: inout Frame) -> Int {
        let column = frame.put(" / ", row: row, column: 0, style: Style(.accent, bold: true))
        let (accept, back) = (model.key(.accept, in: .prompt), model.key(.back, in: .prompt))
        if InputRedactor.mayContainToken(prompt.text) {
            let end = frame.put(prompt.masked(atMost: 8), row: row, column: column)
            frame.cursor = Position(row: row, column: min(end, frame.size.width - 1))
            frame.showsCursor = true
            let keys = InspectorTexts.tokenPromptKeys(accept: accept, back: back)
            return frame.put("   \(keys)", row: row, column: end, style: .dim)
        }
        let end = prompt.draw(row: row, columns: column..<frame.size.width, in: &frame)
        guard prompt.isEmpty else { return drawCompletions(of: prompt, model, row: row, column: end, in: &frame) }
        let hint =
            switch model.panes.focus {
            case .details, .history: InspectorTexts.searchHint
            case .requests, .log: InspectorTexts.lineFilterHint
            default: InspectorTexts.filterHint
            }
        let keys = InspectorTexts.promptKeys(accept: accept, back: back)
        return frame.put("\(hint)   \(keys)", row: row, column: column + 1, style: .dim)
    }

    /// The values that the filter's last word can have.
    private static func drawCompletions(
        of prompt: TextField, _ model: Model, row: Int, column: Int, in frame: inout Frame
    ) -> Int {
        let values = model.listFilterApplies ? SessionFilter.completions(of: prompt.text) : []
        return values.isEmpty
            ? column
            : frame.put(
                "   \(values.joined(separator: "  "))  (\(model.key(.complete, in: .prompt)))", row: row,
                column: column, style: .dim)
    }

    private static func busyText(_ model: Model) -> String? {
        if model.jobs.isSuspending { return InspectorTexts.isSuspending }
        guard let job = model.jobs.jobs.first, let action = job.currentAction else {
            return model.pendingQueries > 0 ? InspectorTexts.isAsking : nil
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
