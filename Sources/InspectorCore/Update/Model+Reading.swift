import VisitorSessions

extension Model {
    mutating func reload() -> [Effect] {
        list.load(height: layout.listHeight)
    }

    /// Everything that the store shows, anew.
    mutating func refresh() -> [Effect] {
        reload() + count() + openPane()
    }

    /// Counts anew, as soon as it is time to.
    mutating func count() -> [Effect] {
        counting.begin(at: now) ? [.count(at: now)] : []
    }

    /// Counts where that was put off, and its time has come.
    mutating func countWhenDue() -> [Effect] {
        counting.due.map { $0 <= now } == true ? count() : []
    }

    /// What is needed to show the open pane.
    func openPane() -> [Effect] {
        panes.sessionID.map { [.open($0)] } ?? []
    }

    /// Shows an opened session, unless a later version of it, or another one, is shown.
    mutating func show(_ content: SessionDetails) {
        showClaims(of: content)
        guard panes.sessionID == content.session.id else { return }
        guard content.session.version >= panes.content?.session.version ?? 0 else { return }
        panes.content = content
    }

    /// Opens the selected session's details where others are shown.
    mutating func followSelection() -> [Effect] {
        guard panes.open == .session else { return [] }
        guard let selected = list.selected else {
            panes.close()
            return []
        }
        guard selected.id != panes.sessionID else { return [] }
        reveal = nil
        panes.turn(to: selected.id)
        return [.open(selected.id)]
    }

    mutating func loseStore(_ error: StoreError) -> [Effect] {
        if storeProblem == nil { log.add(.init(at: now, kind: .failure, text: error.message)) }
        storeProblem = error.message
        retryAt = now + .seconds(1)
        list.giveUpLoading()
        counting.giveUp()
        return []
    }

    /// The store answers: what said that it does not is no longer true.
    mutating func storeAnswers() {
        guard storeProblem != nil else { return }
        storeProblem = nil
        say(.done, "The store is back.")
        log.add(.init(at: now, kind: .done, text: "The store is back."))
    }

    mutating func note(_ entry: JournalEntry) {
        log.add(EventLog.Line(entry))
        if [.generated, .renewed].contains(entry.draft.event) { issuerAnswers() }
    }

    /// The issuer answers: what said that it does not is no longer true.
    mutating func issuerAnswers() {
        if issuerProblem != nil { log.add(.init(at: now, kind: .done, text: "The issuer answers again.")) }
        issuerProblem = nil
        if toast?.isOfIssuer == true { toast = nil }
    }

    /// What a scheduler did stands in the journal; here it says why it waits.
    mutating func note(_ report: SchedulerReport) {
        switch report {
        case .issuerWaits(_, let reason): issuerProblem = reason
        case .behind(let count):
            say(.hint, "\(count) sessions will end before their turn to be renewed: the issuer's budget is used.")
        case .clockSet(let seconds):
            log.add(.init(at: now, kind: .hint, text: "The machine's clock was set by \(Int(seconds)) s."))
        case .idle, .renewing, .failed, .storeAway, .wokeUp: break
        }
    }

    /// Says something for some seconds, and keeps a failure in the log, where the journal does not.
    mutating func say(
        _ kind: Toast.Kind, _ text: String, session: SessionID? = nil, requestID: String? = nil, isLogged: Bool = true
    ) {
        let request = requestID.map { " (request \($0))" } ?? ""
        toast = Toast(kind: kind, text: text + request, until: now + .seconds(kind == .failure ? 15 : 5))
        guard kind == .failure, isLogged else { return }
        log.add(
            .init(at: now, kind: .failure, session: session, text: text, requestID: requestID))
    }
}
