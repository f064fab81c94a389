import TerminalText
import VisitorSessions

extension Model {
    mutating func mark(_ action: Action) -> [Effect] {
        switch action {
        case .clearMarks:
            list.marks.clear()
            return []
        case .range:
            if list.marks.rangeStart == nil, let session = list.selected {
                list.marks.beginRange(at: session)
                say(.hint, "Range: move, then \(key(.range)) or \(key(.mark)) keeps it, \(key(.back)) drops it.")
            } else {
                list.marks.endRange()
            }
            return []
        default:
            guard let session = list.selected else { return [] }
            if list.marks.rangeStart == nil { list.marks.toggle(session) } else { list.marks.endRange() }
            return move(by: 1)
        }
    }

    /// Says so where a range has lost its start.
    mutating func noteCutRange() {
        guard list.marks.isRangeCut else { return }
        list.marks.isRangeCut = false
        let count = list.marks.count
        let marked = count == 1 ? "One session is marked" : "\(count.grouped) sessions are marked"
        let key = keymap.keyName(of: .range)
        say(
            .failure,
            "The range has ended: it reaches over some screens, and not to what a filter hides. \(marked), and \(key) marks on "
                + "from here.",
            isLogged: false)
    }

    /// What a command is for: the marked sessions, or the selected one.
    var targets: [VisitorSession] {
        list.marks.isEmpty ? [list.selected].compactMap(\.self) : list.marks.ordered(by: list.sort)
    }

    /// What a command is about to change. A range ends here: what the command moves in the order must not draw others
    /// into it.
    mutating func takeTargets() -> [VisitorSession] {
        list.marks.endRange()
        return targets
    }
}
