import Foundation
import VisitorSessions

/// Which store this is, the time, and how many sessions are in which state.
enum HeaderView {
    static func draw(_ model: Model, in frame: inout Frame) {
        let bar = Style(.bar)
        let width = frame.size.width
        frame.fill(row: 0, columns: 0..<width, style: bar)
        let clock = Times.clock(model.now, secondsFromUTC: model.secondsFromUTC, showsSeconds: model.showsSeconds)
        let right = " \(model.isReadOnly ? "RO" : "RW")  \(clock) "
        let edge = width - DisplayWidth.of(right)
        let column = frame.put(" session-inspector ", row: 0, column: 0, limit: edge, style: Style(.bar, bold: true))
        frame.put(" \(model.title)", row: 0, column: column, limit: edge, style: bar)
        frame.put(right, row: 0, column: edge, style: Style(model.isReadOnly ? .barKey : .bar, bold: true))
        drawCounts(model, in: &frame)
    }

    private static func drawCounts(_ model: Model, in frame: inout Frame) {
        var right = nextExpiry(model)
        if frame.size.width < 60 { right = "" }
        let edge = frame.size.width - DisplayWidth.of(right) - 1
        frame.put(right, row: 1, column: edge, style: .dim)

        let census = model.census
        var column = frame.put(
            " \(census.total) \(census.total == 1 ? "session" : "sessions")", row: 1, column: 0,
            style: Style(bold: true))
        let states = SessionState.allCases.filter { census[$0] > 0 }
        var words = states.map { "  \($0.glyph) \(census[$0]) \($0.rawValue)" }
        // What has no room loses its word, the last first: every state keeps its number.
        for (index, state) in states.enumerated().reversed() {
            guard words.reduce(column, { $0 + DisplayWidth.of($1) }) >= edge else { break }
            words[index] = "  \(state.glyph) \(census[state])"
        }
        for (word, state) in zip(words, states) {
            column = frame.put(word, row: 1, column: column, limit: edge, style: Style(state.role))
        }
    }

    private static func nextExpiry(_ model: Model) -> String {
        guard let next = model.census.nextExpiry else { return "" }
        let left = next.timeIntervalSince(model.now)
        return left > 0 ? "next expiry \(Times.countdown(left))" : ""
    }
}

extension SessionState {
    /// A sign of its own for each state, for those who do not see the colours.
    var glyph: String {
        switch self {
        case .valid: "●"
        case .expiring: "◐"
        case .expired: "○"
        case .renewing: "↻"
        case .unresolved: "?"
        case .refused: "✖"
        case .discarded: "⊘"
        case .damaged: "!"
        }
    }

    var role: Style.Role {
        switch self {
        case .valid: .valid
        case .expiring: .expiring
        case .expired: .expired
        case .renewing: .renewing
        case .unresolved: .unresolved
        case .refused: .refused
        case .discarded: .discarded
        case .damaged: .damaged
        }
    }
}
