import Foundation
import VisitorSessions

/// What happened in all sessions, newest last.
enum LogLines {
    static func lines(_ model: Model) -> [StyledLine] {
        let words = model.panes.logFilter.lowercased().split(separator: " ")
        let lines = model.log.lines.map { line(for: $0, model) }.filter { line in
            let text = line.text.lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        if lines.isEmpty {
            return [StyledLine(words.isEmpty ? "Nothing has happened yet." : "No line matches.", .dim)]
        }
        return lines
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
