import Foundation
import TerminalText
import VisitorSessions

/// The store, the issuer, the time, the counts by state, and the timeline.
enum HeaderView {
    static func draw(_ model: Model, in frame: inout Frame) {
        drawTitle(model, in: &frame)
        drawCounts(model, in: &frame)
        if model.layout.showsTimeline { TimelineView.draw(model, row: 2, in: &frame) }
    }

    private static func drawTitle(_ model: Model, in frame: inout Frame) {
        let width = frame.size.width
        frame.fill(row: 0, columns: 0..<width, style: Style(.bar))
        let right = status(model)
        let edge = width - DisplayWidth.of(right)
        let name = width < 60 ? " " : " session-inspector  "
        let column = frame.put(name, row: 0, column: 0, limit: edge, style: Style(.bar, bold: true))
        let connection = connection(model, width: edge - column - 1)
        frame.put(connection, row: 0, column: column, limit: edge, style: Style(.bar))
        let isSpecial = model.isReadOnly || model.frozenAt != nil
        frame.put(right, row: 0, column: edge, style: Style(isSpecial ? .barKey : .bar, bold: isSpecial))
    }

    private static func status(_ model: Model) -> String {
        let offset = model.secondsFromUTC(at: model.displayTime)
        let clock = Times.clock(model.displayTime, secondsFromUTC: offset, showsSeconds: model.showsSeconds)
        let zone = model.times == .utc ? "UTC " : model.times == .local ? "local " : ""
        let paused = model.frozenAt == nil ? "" : " \(InspectorTexts.paused)"
        // The width is constant, so that nothing before it moves.
        return "\(paused) \(model.isReadOnly ? "RO" : "RW")  \(clock.padding(toWidth: 9))\(zone)"
    }

    /// The profile, the store, and the issuer if there is room. A long store path loses its start, because its end
    /// tells stores apart.
    private static func connection(_ model: Model, width: Int) -> String {
        let options = model.options
        let profile = options.profile.isEmpty ? "" : "\(options.profile) ▸ "
        let issuer = options.issuer.isEmpty ? "" : " ▸ \(options.issuer)"
        let left = width - DisplayWidth.of(profile)
        if DisplayWidth.of(options.store) + DisplayWidth.of(issuer) <= left {
            return profile + options.store + issuer
        }
        return profile + DisplayWidth.fitEnd(TextSanitizer.line(options.store), to: left)
    }

    private static func drawCounts(_ model: Model, in frame: inout Frame) {
        let width = frame.size.width
        let isAside = !model.layout.showsTimeline && width >= 60
        let problem =
            model.status.storeProblem != nil
            ? InspectorTexts.storeDown(isNarrow: width < 60)
            : model.status.issuerProblem != nil ? InspectorTexts.issuerDown(isNarrow: width < 60) : nil
        let substitutions = model.list.substitutions.count
        let isSelected = model.list.selected.map { !model.list.substitutions(of: $0.id).isEmpty } ?? false
        let key = width >= 80 && isSelected ? model.key(.substitute) : nil
        let right =
            problem.map { StyledLine($0, Style(.error, bold: true)) }
            ?? (substitutions > 0
                ? StyledLine(InspectorTexts.substitutions(substitutions, substitute: key), Style(.expiring, bold: true))
                : StyledLine(isAside ? nextExpiry(model) : "", .dim))
        let edge = width - right.width - (right.width > 0 ? 3 : 1)
        right.draw(row: 1, column: max(width - right.width - 1, 0), limit: width, in: &frame)

        let counts = model.overview.counts
        let parts = summary(of: counts, width: edge)
        var column = frame.put(parts.total, row: 1, column: 0, style: Style(bold: true))
        for (word, state) in zip(parts.words, states(counts)) {
            column = frame.put(word, row: 1, column: column, limit: edge, style: Style(state.textRole))
        }
    }

    private static func states(_ counts: SessionCounts) -> [SessionState] {
        SessionState.allCases.filter { counts[$0] > 0 }
    }

    /// The counts, with the names of as many states as fit. If no name fits, the spaces are dropped, too.
    private static func summary(of counts: SessionCounts, width: Int) -> (total: String, words: [String]) {
        let states = Self.states(counts)
        func word(_ state: SessionState, isNamed: Bool, isTight: Bool = false) -> String {
            let count =
                "\(state.glyph)\(isTight ? "" : " ")\(counts[state].grouped)\(isNamed ? " \(state.rawValue)" : "")"
            // The total doesn't include discarded sessions.
            return (isTight ? " " : "  ") + (state == .discarded ? "(\(count))" : count)
        }
        let total = " \(InspectorTexts.sessions(counts.total))"
        for named in (0...states.count).reversed() {
            let words = states.enumerated().map { word($1, isNamed: $0 < named) }
            if words.reduce(DisplayWidth.of(total), { $0 + DisplayWidth.of($1) }) <= width { return (total, words) }
        }
        return (" \(counts.total.grouped)", states.map { word($0, isNamed: false, isTight: true) })
    }

    /// When the next token expires, and the used share of the budget.
    static func nextExpiry(_ model: Model) -> String {
        let left = model.overview.counts.nextExpiry.map { $0.timeIntervalSince(model.displayTime) } ?? 0
        let next = left > 0 ? InspectorTexts.nextExpiry(Times.countdown(left)) : nil
        return [next, budget(model)].compactMap(\.self).joined(separator: " · ")
    }

    /// How much of the burst allowance is used. The allowance is a tenth of a minute's requests.
    private static func budget(_ model: Model) -> String? {
        guard let until = model.overview.counts.budgetUsedUntil, let budget = model.policy.budget else { return nil }
        let rest = max(budget.requestsPerMinute - budget.requestsPerMinute / 10, 1)
        let whole = 60 * Double(max(budget.requestsPerMinute / 10, 1)) / Double(rest)
        let share = until.timeIntervalSince(model.displayTime) / whole
        return share > 0 ? InspectorTexts.budget(Int((min(share, 1) * 100).rounded(.up))) : nil
    }
}

/// A chart of the access tokens that expire soon, with an axis if there is room.
enum TimelineView {
    private static let levels = Array(" ▁▂▃▄▅▆▇█")
    private static let widest = 96

    static func draw(_ model: Model, row: Int, in frame: inout Frame) {
        let timeline = Timeline(at: model.displayTime, model.overview.counts.expiries)
        let next = HeaderView.nextExpiry(model)
        let title = InspectorTexts.timeline(Times.short(timeline.span))
        let column = frame.put(
            " \(title.padding(toWidth: InspectorTexts.timelineWidth))", row: row, column: 0, style: .dim)
        let words = InspectorTexts.expiring(timeline.total)
        // The texts take precedence over the bars.
        let texts = DisplayWidth.of(words) + DisplayWidth.of(next) + 5
        let width = min(max(frame.size.width - column - texts, 12), widest)
        let counts = timeline.parts(width: width)
        let most = max(counts.max() ?? 0, 1)
        // The lowest bar is the baseline.
        frame.fill(levels[1], row: row, columns: column..<column + width, style: Style(.gauge))
        let soon = model.policy.expiryWarning / timeline.span * Double(width)
        for (place, count) in counts.enumerated() where count > 0 {
            let style = Style(Double(place) < soon ? .expiring : .accent)
            let bar = levels[max(count * 8 / most, 2)]
            frame.fill(bar, row: row, columns: column + place..<column + place + 1, style: style)
        }
        let end = frame.put("  \(words)", row: row, column: column + width, style: .dim)
        let start = frame.size.width - DisplayWidth.of(next) - 1
        if start > end + 1 { frame.put(next, row: row, column: start, style: .dim) }
        if model.layout.showsAxis {
            drawAxis(model, timeline.span, row: row + 1, columns: column..<column + width, &frame)
        }
    }

    /// Draws a time at each quarter of the chart: relative to now, or the time of day.
    private static func drawAxis(_ model: Model, _ span: Duration, row: Int, columns: Range<Int>, _ frame: inout Frame)
    {
        for quarter in 0...3 {
            let ahead = span * quarter / 4
            let column = columns.lowerBound + columns.count * quarter / 4
            let date = model.displayTime + ahead
            let text =
                quarter == 0
                ? InspectorTexts.now
                : model.times == .relative
                    ? Times.short(ahead)
                    : Times.clock(
                        date, secondsFromUTC: model.secondsFromUTC(at: date), showsSeconds: span < .seconds(600))
            frame.put("╵\(text)", row: row, column: column, limit: columns.upperBound, style: .dim)
        }
    }
}

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
            let actions = [Action.renew, .discard, .restore, .autoRenew] + (marks.matching == nil ? [.copy] : [])
            let verbs = actions.compactMap { model.keymap.binding(of: $0) }.filter { binding in
                binding.action == .copy || binding.disabledReason(in: model) == nil
            }.map { "\(model.key($0.action)) \($0.name)" }
            let marked = InspectorTexts.marked(
                model.list.markCount, hidden: model.list.hiddenMarks, keys: verbs.joined(separator: "  "),
                unmark: model.key(.clearMarks))
            return frame.put(" ✓ \(marked)", row: row, column: 0, style: Style(.accent))
        } else if !model.list.filterText.isEmpty {
            let clear = InspectorTexts.clears(model.key(.back))
            let end = frame.put(" / \(model.list.filterText)   \(clear)", row: row, column: 0, style: Style(.match))
            return drawScore(model, row: row, column: end + 2, in: &frame) ?? end
        } else if let problem = model.status.issuerProblem {
            return draw(problem, .failure, model, row: row, in: &frame)
        }
        return drawScore(model, row: row, column: 0, in: &frame) ?? 0
    }

    /// Draws what has happened since the start, and returns the column after it. `nil`: nothing has, or there is no room
    /// for it beside the filter and the selected session's number. Beside the filter, the time of the start is left out.
    private static func drawScore(_ model: Model, row: Int, column: Int, in frame: inout Frame) -> Int? {
        guard !model.status.score.isEmpty else { return nil }
        let start = Times.clock(
            model.startedAt, secondsFromUTC: model.secondsFromUTC(at: model.startedAt), showsSeconds: false)
        var line = StyledLine()
        let score = model.status.score
        let parts = InspectorTexts.score(
            renewed: score.renewed, failed: score.failed, expired: score.expired, since: start)
        for part in column == 0 ? parts[...] : parts.dropFirst() {
            line.parts.append((line.text.isEmpty ? " " : " · ", .dim))
            line.parts.append((part.text, Style(part.isFailure ? .error : .dim)))
        }
        guard column == 0 || column + line.width + 12 <= frame.size.width else { return nil }
        return line.draw(row: row, column: column, limit: frame.size.width, in: &frame)
    }

    /// Draws on the right, if there is room: the filter if a message hides it, and the selected session's number.
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

    /// Draws a message, which grows upwards if it is long, and returns the column after its last line.
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

    /// Draws the possible completions of the filter's last word, and returns the column after them.
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
