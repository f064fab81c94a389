import Foundation
import TerminalText
import VisitorSessions

/// The text of the log pane, one line for each event, newest last.
enum LogLines {
    /// The maximum width of a session's name, in cells.
    private static let longestName = 24

    static func lines(_ model: Model, width: Int) -> [EventRow] {
        let log = model.status.log
        let repeated = log.repeatedLabels
        let names = log.lines.map { log.name(of: $0, repeated: repeated) }
        let nameWidth = min(names.map(\.count).max() ?? 0, width / 4, longestName)
        let words = model.panes.filters[.log, default: ""].lowercased().split(separator: " ")
        let rows = zip(log.lines, names).map { event, name in
            let name = DisplayWidth.fit(TextSanitizer.line(name), to: nameWidth)
            return EventRow(event, StyledLine(name.padding(toWidth: nameWidth + 1) + " ", Style(.accent)), model)
        }.filter { row in
            let text = row.line.text.lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        guard rows.isEmpty else { return EventRow.withDays(rows, model).map { $0.fitted(to: width) } }
        let empty = words.isEmpty ? InspectorTexts.noEvents : InspectorTexts.noMatchingLines
        return [EventRow(line: StyledLine(empty, .dim))]
    }
}

/// The text of the history pane, one line for each event, newest first.
enum HistoryLines {
    static func lines(_ model: Model, width: Int) -> [EventRow] {
        guard let entries = model.panes.content?.history else { return [] }
        if entries.isEmpty { return [EventRow(line: StyledLine(InspectorTexts.noHistory, .dim))] }
        let rows = entries.map { EventRow(EventLog.Line($0), StyledLine(), model) }
        return EventRow.withDays(rows, model).map { $0.fitted(to: width) }
    }
}

/// A line of the log or the history.
struct EventRow {
    var line: StyledLine
    /// The event on this line. `nil`: the line is a heading or a placeholder.
    var event: EventLog.Line?

    init(line: StyledLine) { self.line = line }

    /// - Parameter session: The session's name, in panes that show events of several sessions.
    init(_ event: EventLog.Line, _ session: StyledLine, _ model: Model) {
        self.event = event
        let clock = Times.clock(event.at, secondsFromUTC: model.secondsFromUTC(at: event.at), showsSeconds: true)
        let (sign, role) = event.kind.look
        let name = event.event.map { "\($0.padding(toWidth: 11)) " } ?? ""
        let remarks = [event.took, event.actor, event.requestID.map(InspectorTexts.request)].compactMap(\.self)
        line = StyledLine("\(clock)  ", .dim)
        line.parts += session.parts
        line.parts += [("\(sign) \(name)", Style(role)), (event.text, Style(event.kind == .event ? .dim : role))]
        if !remarks.isEmpty {
            line.parts.append(((event.text.isEmpty ? "" : " · ") + remarks.joined(separator: " · "), .dim))
        }
    }

    /// The rows, with a date heading wherever the day changes. Rows of today at the start have no heading.
    static func withDays(_ rows: [EventRow], _ model: Model) -> [EventRow] {
        var day = Times.dayNumber(model.displayTime, model.secondsFromUTC(at: model.displayTime))
        var all: [EventRow] = []
        for row in rows {
            guard let date = row.event?.at else { continue }
            let offset = model.secondsFromUTC(at: date)
            if Times.dayNumber(date, offset) != day {
                day = Times.dayNumber(date, offset)
                all.append(EventRow(line: StyledLine(Times.day(date, secondsFromUTC: offset), Style(.heading))))
            }
            all.append(row)
        }
        return all
    }

    func fitted(to width: Int) -> EventRow {
        var fitted = self
        fitted.line = line.fitted(to: width)
        return fitted
    }
}

extension EventLog.Line {
    /// A popup with everything that is known about the event.
    func notice(_ model: Model) -> Notice {
        let name = session.map { id in
            let shown = model.panes.content?.session
            let label = model.status.log.labels[id] ?? (shown?.id == id ? shown?.label : nil) ?? ""
            return label.isEmpty ? "\(id)" : "\(id) “\(label)”"
        }
        let offset = model.secondsFromUTC(at: at)
        let clock = Times.clock(at, secondsFromUTC: offset, showsSeconds: true)
        let time = "\(Times.day(at, secondsFromUTC: offset)) \(clock)"
        let lines: [Notice.Line?] = [
            Notice.Line("time", "\(time) (\(Times.ago(at, at: model.displayTime)))"),
            name.map { Notice.Line("session", $0) },
            event.map { Notice.Line("event", $0) },
            text.isEmpty ? nil : Notice.Line("details", text, isFailure: kind == .failure),
            took.map { Notice.Line("took", $0) },
            actor.map { Notice.Line("by", $0) },
            requestID.map { Notice.Line("request", $0) },
        ]
        return Notice(title: InspectorTexts.eventTitle, lines: lines.compactMap(\.self))
    }
}

extension EventLog.Line.Kind {
    var look: (sign: String, role: Style.Role) {
        switch self {
        case .event: ("·", .plain)
        case .expiry: ("○", .expired)
        case .done: ("✔", .notice)
        case .hint: ("·", .dim)
        case .failure: ("✖", .error)
        }
    }
}
