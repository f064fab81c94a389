import Foundation
import TerminalText
import VisitorSessions

/// The text of the log pane, newest event last.
enum LogLines {
    /// The width of the time and the session.
    private static let margin = 18

    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        let words = model.panes.filters[.log, default: ""].lowercased().split(separator: " ")
        let lines = model.status.log.lines.map { line(for: $0, model) }.filter { line in
            let text = line.text.lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        if lines.isEmpty {
            return [StyledLine(words.isEmpty ? InspectorTexts.noEvents : InspectorTexts.noMatchingLines, .dim)]
        }
        return lines.flatMap { wrapped($0, width: width) }
    }

    /// Wraps a long line in the column of its text.
    private static func wrapped(_ line: StyledLine, width: Int) -> [StyledLine] {
        guard line.text.utf8.count > width, line.width > width, line.parts.count > 2 else { return [line] }
        let room = max(width - margin, 12)
        let pieces = line.parts.dropFirst(2).flatMap { StyledLine.wrapped($0.text, width: room, style: $0.style) }
        return pieces.enumerated().map { index, piece in
            var row = StyledLine()
            row.parts = index == 0 ? Array(line.parts.prefix(2)) : [(String(repeating: " ", count: margin), .dim)]
            row.parts += piece.parts
            return row
        }
    }

    private static func line(for line: EventLog.Line, _ model: Model) -> StyledLine {
        let offset = model.secondsFromUTC(at: line.at)
        let clock = Times.clock(line.at, secondsFromUTC: offset, showsSeconds: true)
        let (sign, role) = line.kind.look
        let session = line.session.map { $0.prefix(6) } ?? "      "
        var styled = StyledLine("\(clock)  ", .dim)
        styled.parts += [("\(session)  ", Style(.accent)), ("\(sign) \(line.text)", Style(role))]
        if let request = line.requestID { styled.parts.append(("  \(InspectorTexts.request(request))", .dim)) }
        return styled
    }
}

extension EventLog.Line.Kind {
    var look: (sign: String, role: Style.Role) {
        switch self {
        case .event: ("·", .plain)
        case .done: ("✔", .notice)
        case .hint: ("·", .dim)
        case .failure: ("✖", .error)
        }
    }
}

/// The text of the history pane, newest event first.
enum HistoryLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let entries = model.panes.content?.history else { return [] }
        if entries.isEmpty { return [StyledLine(InspectorTexts.noHistory, .dim)] }
        return entries.flatMap { entry in
            let head = StyledLine.facts(
                model.pastText(entry.at), entry.draft.sentence, width: width,
                style: Style(EventLog.Line(entry).kind.look.role), nameWidth: 14)
            guard let request = entry.draft.requestID.map(InspectorTexts.request) else { return head }
            return head + StyledLine.facts("", request, width: width, style: .dim, nameWidth: 14)
        }
    }
}
