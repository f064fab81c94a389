import TerminalText
import VisitorSessions

extension Model {
    /// Whether `operation` is under way, or waits for its turn.
    private func isPending(_ operation: Operation) -> Bool {
        operation.sessionID != nil && works.contains { ($0.running + $0.waiting).contains { $0.isSame(as: operation) } }
    }

    /// Starts operations, but none that is under way already.
    mutating func begin(_ operations: [Operation], isUndo: Bool = false) -> [Effect] {
        let new = operations.filter { !isPending($0) }
        guard !new.isEmpty else {
            if let first = operations.first { say(.hint, "Still \(first.presentTense) that session.") }
            return []
        }
        toast = nil
        lastWork += 1
        works.append(Work(id: lastWork, new, isUndo: isUndo))
        return goOn(works.count - 1)
    }

    private mutating func goOn(_ place: Int) -> [Effect] {
        guard !isSuspending else { return [] }
        let id = works[place].id
        return works[place].next().map { .perform($0, work: id) }
    }

    /// Finishes what is under way first: an answer that comes to a stopped process may be lost, and with it the session.
    mutating func suspend() -> [Effect] {
        guard !isSuspending else { return [] }
        isSuspending = true
        toast = nil
        return [.finishRequests]
    }

    /// Goes on with what waits after the process is continued.
    mutating func suspendNow() -> [Effect] {
        guard isSuspending else { return [] }
        isSuspending = false
        return [.suspend] + works.indices.flatMap { goOn($0) }
    }

    mutating func stopWorks() -> [Effect] {
        for place in works.indices where works[place].isMany { works[place].stop() }
        return []
    }

    mutating func undo() -> [Effect] {
        guard let step = undoSteps.last else { return [] }
        let effects = begin(step.operations, isUndo: true)
        if !effects.isEmpty { undoSteps.removeLast() }
        return effects
    }

    mutating func finish(_ outcome: Outcome) -> [Effect] {
        guard let place = works.firstIndex(where: { $0.id == outcome.work }) else { return refresh() }
        works[place].take(outcome)
        noteIssuer(outcome)
        if case .success(let session) = outcome.result, !works[place].isMany {
            switch outcome.operation {
            case .generate, .add, .restore: list.follow(session)
            default: break
            }
        }
        let effects = goOn(place)
        if works[place].isOver { report(works.remove(at: place)) }
        return effects + (frozenAt == nil ? refresh() : [])
    }

    /// The issuer is away, or back.
    private mutating func noteIssuer(_ outcome: Outcome) {
        switch (outcome.operation, outcome.result) {
        case (.generate, .success), (.renew, .success): issuerAnswers()
        case (.generate, .failure(let error)), (.renew, .failure(let error)):
            if error.kind == .transient { issuerProblem = error.message }
        default: break
        }
    }

    // MARK: Reports

    /// Says what became of a work, and keeps what takes it back.
    private mutating func report(_ work: Work) {
        if !work.undo.isEmpty { undoSteps.append(UndoStep(meaning: work.undoMeaning, operations: work.undo)) }
        for failure in work.failures {
            if let remedy = failure.operation.remedy(for: failure.error) {
                undoSteps.append(UndoStep(meaning: "retries", operations: [remedy]))
            }
        }
        if work.isMany {
            reportMany(work)
        } else if let failure = work.failures.first {
            let isRemedied = failure.operation.remedy(for: failure.error) != nil
            say(
                .failure, failure.error.message + (isRemedied ? " \(key(.undo)) retries." : ""),
                session: failure.operation.sessionID, requestID: failure.error.requestID,
                isLogged: !failure.operation.isRenewal)
            toast?.isOfIssuer = issuerProblem != nil && issuerProblem == failure.error.message
        } else if let session = work.done.first, let operation = work.last {
            let name = session.shortName
            let sentence =
                switch operation {
                case .autoRenew: "\(name) \(operation.pastTense)."
                case .label(_, let label, _) where label.isEmpty: "Took the label off \(name)."
                case .label(_, _, let before) where work.isUndo:
                    "Put the old label back on \(name). It was “\(TextSanitizer.line(before))”."
                default: "\(operation.pastTense.capitalizedFirst) \(name)."
                }
            say(.done, sentence + (work.undo.isEmpty ? "" : " \(key(.undo)) \(work.undoMeaning)."))
        }
    }

    private mutating func reportMany(_ work: Work) {
        guard let operation = work.last else { return }
        if work.failures.isEmpty, !work.isUndo { list.marks.clear() }
        let count = "\(work.done.count) of \(work.total) sessions"
        let sentence =
            if case .autoRenew = operation { "\(count) \(operation.pastTense)." } else {
                "\(operation.pastTense.capitalizedFirst) \(count)."
            }
        var parts = [sentence]
        if work.isStopped, !work.waiting.isEmpty {
            parts.append("Stopped: \(work.waiting.count) were left as they are.")
        }
        if !work.failures.isEmpty { parts.append("\(work.failures.count) failed.") }
        if !work.undo.isEmpty { parts.append("\(key(.undo)) undoes all.") }
        say(work.failures.isEmpty ? .done : .failure, parts.joined(separator: " "))
        for failure in work.failures where !failure.operation.isRenewal {
            log.add(
                .init(
                    at: now, kind: .failure, session: failure.operation.sessionID, text: failure.error.message,
                    requestID: failure.error.requestID))
        }
        guard !work.failures.isEmpty, popups.isEmpty, line == nil else { return }
        let lines = work.failures.map { failure in
            Notice.Line(
                failure.operation.sessionID?.prefix(6) ?? "new", failure.error.message, isFailure: true)
        }
        popups.append(.notice(Notice(title: parts.joined(separator: " "), lines: lines)))
    }
}

extension Work {
    mutating func take(_ outcome: Outcome) {
        if let place = running.firstIndex(where: { $0.isSame(as: outcome.operation) }) { running.remove(at: place) }
        last = outcome.operation
        switch outcome.result {
        case .failure(let error): failures.append((outcome.operation, error))
        case .success(let session):
            done.append(session)
            guard !isUndo, let back = outcome.operation.undo(previous: outcome.previous) else { return }
            undo.append(back.operation)
            undoMeaning = back.meaning
        }
    }
}

extension Operation {
    /// What to keep for another try, where something would be lost otherwise: tokens, or a way back.
    fileprivate func remedy(for error: SessionError) -> Operation? {
        if let tokens = error.unstoredTokens {
            return sessionID.map { .set(tokens, clientID: nil, on: $0) } ?? .add(tokens, clientID: nil)
        }
        guard [.store, .transient, .cancelled].contains(error.kind) else { return nil }
        switch self {
        case .restore, .putBack, .set, .add: return self
        case .generate, .renew, .discard, .label, .autoRenew: return nil
        }
    }
}

extension VisitorSession {
    /// The first digits of its ID, with its label where it has one.
    var shortName: String {
        label.isEmpty ? id.prefix(6) : "\(id.prefix(6)) “\(DisplayWidth.fit(TextSanitizer.line(label), to: 24))”"
    }
}

extension String {
    var capitalizedFirst: String {
        prefix(1).uppercased() + dropFirst()
    }
}
