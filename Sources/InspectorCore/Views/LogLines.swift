import Foundation
import TerminalText
import VisitorSessions

/// What happened in all sessions, newest last.
enum LogLines {
    /// What stands before the words: the time and the session.
    private static let margin = 18

    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        let words = model.panes.logFilter.lowercased().split(separator: " ")
        let lines = model.log.lines.map { line(for: $0, model) }.filter { line in
            let text = line.text.lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        if lines.isEmpty {
            return [
                StyledLine(words.isEmpty ? "Nothing has happened since this was opened." : "No line matches.", .dim)
            ]
        }
        return lines.flatMap { wrapped($0, width: width) }
    }

    /// A long line goes on below its words.
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
        let offset = model.times == .utc ? 0 : model.options.timeZone.secondsFromGMT(for: line.at)
        let clock = Times.clock(line.at, secondsFromUTC: offset, showsSeconds: true)
        let (sign, role): (String, Style.Role) =
            switch line.kind {
            case .event: ("·", .plain)
            case .done: ("✔", .notice)
            case .hint: ("·", .dim)
            case .failure: ("✖", .error)
            }
        let session = line.session.map { $0.prefix(6) } ?? "      "
        var styled = StyledLine("\(clock)  ", .dim)
        styled.parts += [("\(session)  ", Style(.accent)), ("\(sign) \(line.text)", Style(role))]
        if let request = line.requestID { styled.parts.append(("  request \(request)", .dim)) }
        return styled
    }
}
