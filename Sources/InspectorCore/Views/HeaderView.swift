import Foundation
import TerminalText
import VisitorSessions

/// Which store and issuer these are, the time, and how many sessions are in which state.
enum HeaderView {
    static func draw(_ model: Model, in frame: inout Frame) {
        drawPlace(model, in: &frame)
        drawCounts(model, in: &frame)
        if model.layout.showsTimeline { TimelineView.draw(model, row: 2, in: &frame) }
    }

    private static func drawPlace(_ model: Model, in frame: inout Frame) {
        let bar = Style(.bar)
        let width = frame.size.width
        frame.fill(row: 0, columns: 0..<width, style: bar)
        let right = status(model)
        let edge = width - DisplayWidth.of(right)
        let name = width < 60 ? " " : " session-inspector  "
        let column = frame.put(name, row: 0, column: 0, limit: edge, style: Style(.bar, bold: true))
        frame.put(place(model, width: edge - column - 1), row: 0, column: column, limit: edge, style: bar)
        let isSpecial = model.isReadOnly || model.frozenAt != nil
        frame.put(right, row: 0, column: edge, style: Style(isSpecial ? .barKey : .bar, bold: isSpecial))
    }

    private static func status(_ model: Model) -> String {
        let offset = model.times == .utc ? 0 : model.options.timeZone.secondsFromGMT(for: model.shownAt)
        let clock = Times.clock(model.shownAt, secondsFromUTC: offset, showsSeconds: model.showsSeconds)
        let zone = model.times == .utc ? "UTC " : model.times == .local ? "local " : ""
        let frozen = model.frozenAt == nil ? "" : " FROZEN"
        // With and without its seconds it takes the same room: what stands before it must not move.
        return "\(frozen) \(model.isReadOnly ? "RO" : "RW")  \(clock.padding(toWidth: 9))\(zone)"
    }

    /// The profile, the end of the store's path, which tells stores apart, and the issuer where there is room.
    private static func place(_ model: Model, width: Int) -> String {
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
        let right = trouble(model, width: width) ?? StyledLine(isAside ? nextExpiry(model) : "", .dim)
        let edge = width - right.width - (right.width > 0 ? 3 : 1)
        right.draw(row: 1, column: max(width - right.width - 1, 0), limit: width, in: &frame)

        let census = model.census
        let parts = counts(census, width: edge)
        var column = frame.put(parts.total, row: 1, column: 0, style: Style(bold: true))
        for (word, state) in zip(parts.words, states(census)) {
            column = frame.put(word, row: 1, column: column, limit: edge, style: Style(state.role))
        }
    }

    private static func states(_ census: SessionCensus) -> [SessionState] {
        SessionState.allCases.filter { census[$0] > 0 }
    }

    /// The numbers in as many words as there is room for. What has none loses its word, the last first, and then its
    /// blanks: every state keeps its number.
    private static func counts(_ census: SessionCensus, width: Int) -> (total: String, words: [String]) {
        let states = states(census)
        func word(_ state: SessionState, isNamed: Bool, isTight: Bool = false) -> String {
            let count =
                "\(state.glyph)\(isTight ? "" : " ")\(census[state].grouped)\(isNamed ? " \(state.rawValue)" : "")"
            // Those that are put away are no part of the total.
            return (isTight ? " " : "  ") + (state == .discarded ? "(\(count))" : count)
        }
        let total = " \(census.total.grouped) \(census.total == 1 ? "session" : "sessions")"
        for named in (0...states.count).reversed() {
            let words = states.enumerated().map { word($1, isNamed: $0 < named) }
            if words.reduce(DisplayWidth.of(total), { $0 + DisplayWidth.of($1) }) <= width { return (total, words) }
        }
        return (" \(census.total.grouped)", states.map { word($0, isNamed: false, isTight: true) })
    }

    /// What does not answer at present.
    private static func trouble(_ model: Model, width: Int) -> StyledLine? {
        let isNarrow = width < 60
        if model.storeProblem != nil {
            return StyledLine(isNarrow ? "✖ store away" : "✖ store away, trying again", Style(.error, bold: true))
        }
        if model.issuerProblem != nil {
            return StyledLine(isNarrow ? "✖ issuer away" : "✖ issuer not answering", Style(.error, bold: true))
        }
        return nil
    }

    /// What comes next, and what has been spent.
    static func nextExpiry(_ model: Model) -> String {
        let left = model.census.nextExpiry.map { $0.timeIntervalSince(model.shownAt) } ?? 0
        let next = left > 0 ? "next expiry in \(Times.countdown(left))" : nil
        return [next, budget(model)].compactMap(\.self).joined(separator: " · ")
    }

    /// How much of the requests that may go out at once is used. A tenth of a minute's budget is what may.
    private static func budget(_ model: Model) -> String? {
        guard let until = model.census.budgetUsedUntil, let budget = model.policy.budget else { return nil }
        let rest = max(budget.requestsPerMinute - budget.requestsPerMinute / 10, 1)
        let whole = 60 * Double(max(budget.requestsPerMinute / 10, 1)) / Double(rest)
        let share = until.timeIntervalSince(model.shownAt) / whole
        return share > 0 ? "budget \(Int((min(share, 1) * 100).rounded(.up))) %" : nil
    }
}
