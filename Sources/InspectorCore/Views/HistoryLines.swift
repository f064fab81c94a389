import VisitorSessions

/// What happened to the opened session, newest first.
enum HistoryLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let entries = model.panes.content?.history else { return [] }
        if entries.isEmpty { return [StyledLine("Nothing is recorded of it yet.", .dim)] }
        return entries.flatMap { entry in
            let line = EventLog.Line(entry)
            let head = StyledLine.facts(
                model.past(entry.at), entry.draft.sentence, width: width,
                style: Style(line.kind == .failure ? .error : .plain), nameWidth: 14)
            let request = entry.draft.requestID.map {
                StyledLine.facts("", "request \($0)", width: width, style: .dim, nameWidth: 14)
            }
            return head + (request ?? [])
        }
    }
}
