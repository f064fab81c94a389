import TerminalText
import VisitorSessions

extension Model {
    /// Starts actions, or reports that they are still pending.
    mutating func begin(_ actions: [SessionAction], as origin: BulkJob.Origin = .command) -> [Effect] {
        started(actions, jobs.begin(actions, as: origin))
    }

    /// Undoes the last change of this inspector, or looks for one that a person made elsewhere.
    mutating func undo() -> [Effect] {
        guard let step = jobs.undoSteps.last else { return [.findLastChange] }
        // Nothing is discarded without a question, not even again.
        if step.discards { return confirm(step, InspectorTexts.undoesRestore) }
        return started(step.actions, jobs.undo())
    }

    /// Asks before another process's change is undone, because the screen doesn't show what that change was.
    mutating func confirmUndo(_ change: LastChange?) -> [Effect] {
        guard popups.isEmpty, prompt == nil else { return [] }
        guard let change else { return hint(InspectorTexts.nothingToUndo) }
        let isSet = change.event == .set
        let when = Times.ago(change.at, at: now)
        return show(
            .confirmation(
                Confirmation(
                    verb: isSet ? "restore the previous tokens of" : "restore",
                    sessions: change.sessions,
                    warning: InspectorTexts.earlierChange(isSet: isSet, when, by: change.actor),
                    actions: change.sessions.map { isSet ? .undoSet($0.id) : .restore($0.id) }, isUndo: true)))
    }

    private mutating func confirm(_ step: UndoStep, _ consequence: String) -> [Effect] {
        let sessions = list.rows.filter { row in step.actions.contains { $0.sessionID == row.id } }
        let shown = sessions.count == step.actions.count ? sessions : step.sessions
        return show(
            .confirmation(
                Confirmation(
                    verb: "discard", sessions: shown, warning: consequence, actions: step.actions,
                    isUndo: true, count: step.actions.count)))
    }

    /// Starts the actions of a confirmed undo, and removes their step if there is one.
    mutating func undoConfirmed(_ actions: [SessionAction]) -> [Effect] {
        func isStep(_ step: UndoStep?) -> Bool {
            step?.actions.elementsEqual(actions) { $0.isSame(as: $1) } == true
        }
        if isStep(jobs.undoSteps.last) { return started(actions, jobs.undo()) }
        return isStep(jobs.redoSteps.last) ? started(actions, jobs.redo()) : begin(actions, as: .undo)
    }

    mutating func redo() -> [Effect] {
        if let step = jobs.redoSteps.last, step.discards { return confirm(step, InspectorTexts.discardsAgain) }
        return started(jobs.redoSteps.last?.actions ?? [], jobs.redo())
    }

    /// - Parameter effects: `nil` if the actions are still pending.
    private mutating func started(_ actions: [SessionAction], _ effects: [Effect]?) -> [Effect] {
        guard let effects else {
            if let first = actions.first { showToast(.hint, InspectorTexts.stillPending(first)) }
            return []
        }
        status.toast = nil
        return effects
    }

    mutating func finish(_ outcome: Outcome) -> [Effect] {
        var (effects, job) = jobs.finish(outcome).map { ($0.effects, $0.job) } ?? ([], nil)
        switch outcome.result {
        case .success(let session):
            if let clientID = clientIDToSave, session.clientID == clientID, outcome.action.makesVisible {
                clientIDToSave = nil
                effects.append(.saveClientID(clientID))
            }
            if outcome.action.callsIssuer { status.issuerResponded(at: now) }
            if let job, !job.isBulk, outcome.action.makesVisible || job.origin != .command {
                list.selectWhenLoaded(session)
            }
        case .failure(let error):
            if outcome.action.callsIssuer, error.isOfIssuer { status.issuerFailed(error.message, at: now) }
        }
        if let job, job.hasEnded { report(job) }
        // While a bulk job runs, store change notifications refresh the list, each for many actions.
        let isBetween = job.map { $0.isBulk && !$0.hasEnded } ?? false
        return effects + (frozenAt == nil && !isBetween ? refresh() : [])
    }

    /// Continues a job with the next sessions of its source.
    mutating func continueJob(_ id: Int, _ result: Result<[VisitorSession], StoreError>) -> [Effect] {
        let (effects, job) = jobs.continue(id, with: result).map { ($0.effects, $0.job) } ?? ([], nil)
        if case .failure(let error) = result { showToast(.failure, error.message) }
        if let job, job.hasEnded { report(job) }
        return effects
    }

    private mutating func report(_ job: BulkJob) {
        if job.isBulk {
            reportMany(job)
        } else if let (action, error) = job.failures.first {
            let hint =
                action.retry(after: error) != nil
                ? " \(InspectorTexts.retries(undo: key(.undo)))"
                : refusesSetTokens(action, error) ? " \(InspectorTexts.restoresTokens(undo: key(.undo)))" : ""
            // An unnamed session would be taken for the selected one.
            let other = action.sessionID.flatMap { $0 == list.selected?.id ? nil : "\($0.prefix(6)): " } ?? ""
            status.showToast(
                .failure, other + error.message + hint, at: now, session: action.sessionID, requestID: error.requestID,
                isLogged: !action.isJournaled, isAboutIssuer: action.callsIssuer && error.isOfIssuer)
        } else if let session = job.done.first, let action = job.last {
            let sentence = action.report(on: session.shortName, job.origin)
            showToast(.done, sentence + otherScheduler(action, session) + undoHint(job))
        }
    }

    /// Whether the issuer refused tokens that the last change set. The undo key would restore the previous ones.
    private func refusesSetTokens(_ action: SessionAction, _ error: SessionError) -> Bool {
        guard action.kind == .renew, error.kind == .refused, let step = jobs.undoSteps.last, step.undoes == .set else {
            return false
        }
        return step.actions.contains { $0.sessionID == action.sessionID }
    }

    /// A note for sessions whose issuer this inspector doesn't serve.
    private func otherScheduler(_ action: SessionAction, _ session: VisitorSession) -> String {
        guard case .autoRenew(_, true) = action, let own = session.issuer, own != options.issuerName,
            !options.serves(own)
        else { return "" }
        return " \(InspectorTexts.otherScheduler(own))"
    }

    private func undoHint(_ job: BulkJob) -> String {
        guard !job.undo.isEmpty else { return "" }
        let meaning = job.origin == .undo ? InspectorTexts.redoes(key(.redo)) : "\(key(.undo)) \(job.undoMeaning)."
        return " \(meaning)"
    }

    private mutating func reportMany(_ job: BulkJob) {
        guard let action = job.last else { return }
        if job.failures.isEmpty, job.origin == .command { list.marks.clear() }
        var parts = [action.report(on: InspectorTexts.done(job.doneCount, of: job.total))]
        if job.isStopped, job.finished < job.total {
            parts.append(InspectorTexts.stopped(job.total - job.finished))
        }
        if !job.failures.isEmpty { parts.append(InspectorTexts.failed(job.failureCount)) }
        if !job.undo.isEmpty, job.origin != .undo {
            let text = job.undo.count == 1 ? InspectorTexts.undoable : InspectorTexts.undoesAll
            parts.append(text(key(.undo)))
        }
        let sentence = parts.joined(separator: " ")
        showToast(job.failures.isEmpty ? .done : .failure, sentence)
        for (action, error) in job.failures where !action.isJournaled {
            let session = action.sessionID
            status.log.add(
                .init(at: now, kind: .failure, session: session, text: error.message, requestID: error.requestID))
        }
        guard !job.failures.isEmpty, popups.isEmpty, prompt == nil else { return }
        let lines = job.failures.map { action, error in
            Notice.Line(action.sessionID?.prefix(6) ?? "new", error.message, isFailure: true)
        }
        popups.append(.notice(Notice(title: sentence, lines: lines)))
    }
}

extension SessionAction {
    /// Whether the journal records its failures.
    fileprivate var isJournaled: Bool { kind == .renew }

    /// Whether it adds a session to the list, which is then selected.
    fileprivate var makesVisible: Bool {
        switch self {
        case .generate, .add, .restore: true
        case .renew, .renewFromNamedIssuer, .set, .restoreTokens, .undoSet, .discard, .label, .autoRenew, .substitute,
            .withdraw:
            false
        }
    }
}
