import Foundation
import TerminalText
import VisitorSessions

/// The list of sessions.
enum ListView {
    static func draw(_ model: Model, in frame: inout Frame) {
        let layout = model.layout
        let list = model.list
        let columns = ListColumn.fitting(model)
        let margin = ListColumn.margin
        let hasFocus = model.panes.focus == .list
        drawTitles(columns, of: model, in: &frame)

        guard !list.rows.isEmpty else {
            let room = max(layout.listHeight - 1, 1)
            let lines = StyledLine.wrapped(
                emptyText(model), width: frame.size.width - margin - 1, style: .dim, lines: room)
            for (offset, line) in lines.enumerated() {
                line.draw(row: layout.listTop + 1 + offset, column: margin, limit: frame.size.width, in: &frame)
            }
            if hasFocus { frame.cursor = Position(row: layout.listTop + 1, column: margin) }
            return
        }
        let words = SessionFilter(list.filterText).words
        for (offset, index) in model.visibleRows.enumerated() {
            let row = layout.listTop + offset
            draw(list.rows[index], columns, words, of: model, row: row, in: &frame)
            guard index == list.selectedRow else { continue }
            frame.put(hasFocus ? "▌" : "│", row: row, column: 1, style: Style(hasFocus ? .accent : .dim))
            frame.select(row: row)
            if hasFocus { frame.cursor = Position(row: row, column: 1) }
        }
    }

    private static func emptyText(_ model: Model) -> String {
        if let problem = model.status.storeProblem { return problem }
        if model.showsWait { return InspectorTexts.searching }
        // The rows may still be those of another filter.
        guard model.list.filterText.isEmpty, model.list.shown == SessionFilter() else { return noMatchText(model) }
        if model.isReadOnly { return InspectorTexts.noSessions }
        let generating = InspectorTexts.generates(model.key(.generate))
        return "\(InspectorTexts.noSessions) \(generating) \(InspectorTexts.addsTokens(model.key(.setNew)))"
    }

    private static func noMatchText(_ model: Model) -> String {
        let filter = model.list.filterText
        let invalidWords = SessionFilter.invalidWords(filter).map(InspectorTexts.invalidWord)
        let states = SessionFilter(filter).words.filter { SessionState(rawValue: $0) != nil }.map { "state:\($0)" }
        let meant = states.isEmpty ? [] : [InspectorTexts.filterByState(states)]
        let whole = SessionFilter(filter).clientIDs.isEmpty ? [] : [InspectorTexts.fullClientID]
        let sentences = [InspectorTexts.noMatches] + invalidWords + meant + whole
        return (sentences + [InspectorTexts.clearsFilter(back: model.key(.back))]).joined(separator: " ")
    }

    private static func drawTitles(_ columns: [ListColumn], of model: Model, in frame: inout Frame) {
        let sort = model.list.sort
        let row = model.layout.titleRow
        let marks = model.list.marks
        if !marks.isEmpty {
            let count = marks.matching == nil ? "\(marks.count)" : InspectorTexts.allMarked
            frame.put("\(count)✓", row: row, column: 1, limit: ListColumn.margin, style: Style(.accent, bold: true))
        }
        for column in columns {
            let isSorted = column.sortKey == sort.key
            let isRight = column.alignment == .right
            let arrow = sort.descending ? "△" : "▽"
            // The arrow appears without moving the title.
            let title = !isSorted ? column.title : isRight ? "\(arrow) \(column.title)" : "\(column.title) \(arrow)"
            let indent = isRight ? max(column.width - DisplayWidth.of(title), 0) : 0
            frame.put(
                title, row: row, column: column.start + indent, limit: column.start + max(column.width, 9),
                style: Style(.heading, bold: isSorted))
        }
    }

    private static func draw(
        _ session: VisitorSession, _ columns: [ListColumn], _ words: [String], of model: Model, row: Int,
        in frame: inout Frame
    ) {
        let state = model.state(of: session)
        let look = StateLook(session, state)
        // Whether the row flashes because its token has just expired.
        let hasExpired =
            session.accessExpiry.date.map { (0..<3).contains(model.displayTime.timeIntervalSince($0)) } ?? false
        let isFlashing = model.list.flashes[session.id] != nil
        if model.list.marks.contains(session.id) {
            frame.put("✓", row: row, column: 2, style: Style(.accent, bold: true))
        }
        frame.put(look.glyph, row: row, column: 3, style: Style(look.role))
        // A live session is renewed by its application, so that sign takes precedence.
        if model.list.live[session.id]?.isLive == true {
            frame.put("»", row: row, column: 4, style: Style(.notice, bold: true))
        } else if session.autoRenew {
            frame.put("a", row: row, column: 4, style: Style(.renewing))
        }
        for column in columns {
            var whole = column.text(session, state, model)
            // The first digits identify a visitor. They need no ellipsis.
            if column.id == .visitor { whole = String(whole.prefix(column.width)) }
            let text = DisplayWidth.fit(TextSanitizer.line(whole), to: column.width)
            let indent = column.alignment == .right ? column.width - DisplayWidth.of(text) : 0
            var style = style(column, state, look)
            if isFlashing { style = Style(hasExpired ? look.role : .notice, bold: true) }
            if model.showsWait { style = .dim }
            frame.put(text, row: row, column: column.start + indent, limit: column.columns.upperBound, style: style)
            if column.id == .state, session.failures > 0 {
                let mark = InspectorTexts.failureMark(session.failures)
                let place = min(column.start + text.count + 1, column.columns.upperBound - mark.count)
                frame.put(mark, row: row, column: place, style: Style(.error))
            }
            if column.id == .gauge, let share = session.remainingAccessShare(at: model.displayTime) {
                drawGauge(share, row: row, columns: column.columns, style: style, in: &frame)
            }
            if ListColumn.searched.contains(column.id) { frame.highlight(words, row: row, columns: column.columns) }
        }
    }

    private static let eighths = Array(" ▏▎▍▌▋▊▉")

    private static func drawGauge(_ share: Double, row: Int, columns: Range<Int>, style: Style, in frame: inout Frame) {
        let steps = Int((min(max(share, 0), 1) * Double(columns.count * 8)).rounded(.up))
        let (whole, rest) = (steps / 8, steps % 8)
        let edge = columns.lowerBound + whole
        frame.fill("█", row: row, columns: columns.lowerBound..<edge, style: style)
        let end = rest > 0 ? edge + 1 : edge
        if rest > 0 { frame.fill(eighths[rest], row: row, columns: edge..<end, style: style) }
        frame.fill("░", row: row, columns: end..<columns.upperBound, style: Style(.gauge))
    }

    private static func style(_ column: ListColumn, _ state: SessionState, _ look: StateLook) -> Style {
        switch column.id {
        case .label: Style(state == .discarded ? .discarded : .plain)
        case .state: Style(look.textRole, bold: [.expired, .refused].contains(state))
        case .access, .gauge: Style(look.textRole)
        case .session, .visitor, .role, .refresh, .renewed, .created: .dim
        }
    }
}
