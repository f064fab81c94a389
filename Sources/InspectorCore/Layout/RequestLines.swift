import Foundation
import TerminalText
import VisitorSessions

/// The text of the requests pane, newest request first.
enum RequestLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let requests = model.panes.content?.requests else { return [StyledLine("…", .dim)] }
        let words = model.panes.filters[.requests, default: ""].lowercased().split(separator: " ")
        let lines = requests.map { line(for: $0, model) }.filter { line in
            let text = line.text.lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        guard lines.isEmpty else { return lines }
        return StyledLine.wrapped(
            words.isEmpty ? InspectorTexts.noRequests : InspectorTexts.noMatchingLines, width: width, style: .dim)
    }

    private static func line(for request: LiveRequest, _ model: Model) -> StyledLine {
        let draft = request.draft
        let clock = Times.clock(draft.at, secondsFromUTC: model.secondsFromUTC(at: draft.at), showsSeconds: true)
        let took = "\(draft.duration.inMilliseconds) ms"
        var line = StyledLine("\(clock)  ", .dim)
        line.parts += [
            (draft.method.padding(toWidth: 7), .plain),
            (outcome(draft).padding(toWidth: 5), Style(draft.outcome.isFailure ? .error : .notice)),
            (String(repeating: " ", count: max(9 - took.count, 0)) + took + "  ", .dim),
            (draft.path, Style(draft.grant == nil ? .plain : .accent)),
        ]
        let remarks = [draft.grant, draft.flags.text, draft.requestID.map(InspectorTexts.request)].compactMap(\.self)
        if !remarks.isEmpty { line.parts.append(("  " + remarks.joined(separator: " · "), .dim)) }
        return line
    }

    private static func outcome(_ draft: LiveRequest.Draft) -> String {
        draft.outcome.failure.map { "✖ \($0) " } ?? draft.outcome.text
    }
}

extension LiveRequest.Flags {
    fileprivate var text: String? {
        let names = [
            (Self.cut, "cut off"), (.substituted, "substituted"), (.fault, "injected fault"),
            (.refused, "not sent"),
        ]
        let present = names.filter { contains($0.0) }.map(\.1)
        return present.isEmpty ? nil : present.joined(separator: ", ")
    }
}
