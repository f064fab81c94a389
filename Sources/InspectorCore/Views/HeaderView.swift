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

    /// The profile, the store, and the issuer if there is room. The end of a store's path tells stores apart.
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
        let key = width < 80 ? nil : model.key(.substitute)
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
            column = frame.put(word, row: 1, column: column, limit: edge, style: Style(state.inkRole))
        }
    }

    private static func states(_ counts: SessionCounts) -> [SessionState] {
        SessionState.allCases.filter { counts[$0] > 0 }
    }

    /// The counts, with the names of as many states as fit. On narrow screens they lose their spaces, too.
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

    /// The used share of the requests that may be sent at once: a tenth of a minute's budget.
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
    private static let bars = Array(" ▁▂▃▄▅▆▇█")
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
        frame.fill(bars[1], row: row, columns: column..<column + width, style: Style(.gauge))
        let soon = model.policy.expiryWarning / timeline.span * Double(width)
        for (place, count) in counts.enumerated() where count > 0 {
            let style = Style(Double(place) < soon ? .expiring : .accent)
            let bar = bars[max(count * 8 / most, 2)]
            frame.fill(bar, row: row, columns: column + place..<column + place + 1, style: style)
        }
        let end = frame.put("  \(words)", row: row, column: column + width, style: .dim)
        let start = frame.size.width - DisplayWidth.of(next) - 1
        if start > end + 1 { frame.put(next, row: row, column: start, style: .dim) }
        if model.layout.showsAxis {
            drawAxis(model, timeline.span, row: row + 1, columns: column..<column + width, &frame)
        }
    }

    /// Times at the quarters of the chart: how long from now, or the time of day.
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
