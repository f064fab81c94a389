import VisitorSessions

/// The running jobs, and the actions that undo finished ones.
package struct Jobs: Sendable {
    /// Oldest first.
    package private(set) var jobs: [BulkJob] = []

    /// Whether requests in flight are finishing before the process is suspended. No action starts.
    package private(set) var isSuspending = false

    /// The last one is undone first.
    package private(set) var undoSteps: [UndoStep] = []

    /// What was undone. The last one is redone first; a new change empties it.
    package private(set) var redoSteps: [UndoStep] = []
    private var lastID = 0

    func isRenewing(_ id: SessionID) -> Bool {
        jobs.contains { $0.running.contains { if case .renew(id) = $0 { true } else { false } } }
    }

    var canStop: Bool { jobs.contains { $0.isBulk && !$0.isStopped } }

    private func isPending(_ action: SessionAction) -> Bool {
        action.sessionID != nil && jobs.contains { ($0.running + $0.waiting).contains { $0.isSame(as: action) } }
    }

    /// Starts the actions that aren't pending. `nil`: all of them are.
    mutating func begin(_ actions: [SessionAction], as origin: BulkJob.Origin = .command) -> [Effect]? {
        let new = actions.filter { !isPending($0) }
        guard !new.isEmpty else { return nil }
        lastID += 1
        jobs.append(BulkJob(id: lastID, new, origin))
        return resume(jobs.count - 1)
    }

    private mutating func resume(_ index: Int) -> [Effect] {
        guard !isSuspending else { return [] }
        let id = jobs[index].id
        return jobs[index].next().map { .perform($0, job: id) }
    }

    /// Records the result of an action. Returns the job as it is now. `nil`: it isn't known.
    mutating func finish(_ outcome: Outcome) -> (effects: [Effect], job: BulkJob)? {
        guard let index = jobs.firstIndex(where: { $0.id == outcome.job }) else { return nil }
        jobs[index].record(outcome)
        let effects = resume(index)
        guard jobs[index].hasEnded else { return (effects, jobs[index]) }
        let job = jobs.remove(at: index)
        if let kind = job.last?.kind, let back = job.undo.first {
            if job.origin == .undo {
                redoSteps.append(UndoStep(undoes: back.kind, actions: job.undo))
            } else {
                undoSteps.append(UndoStep(undoes: kind, actions: job.undo))
            }
        }
        if job.origin == .command { redoSteps = [] }
        for failure in job.failures {
            if let retry = failure.action.retry(after: failure.error) {
                undoSteps.append(UndoStep(undoes: nil, actions: [retry]))
            }
        }
        return (effects, job)
    }

    /// Starts the last step's actions.
    mutating func undo() -> [Effect]? {
        guard let step = undoSteps.last, let effects = begin(step.actions, as: .undo) else { return nil }
        undoSteps.removeLast()
        return effects
    }

    mutating func redo() -> [Effect]? {
        guard let step = redoSteps.last, let effects = begin(step.actions, as: .redo) else { return nil }
        redoSteps.removeLast()
        return effects
    }

    /// Stops bulk jobs. Running actions finish.
    mutating func stop() {
        for index in jobs.indices where jobs[index].isBulk { jobs[index].isStopped = true }
    }

    /// Finishes requests in flight first: a suspended process may lose their responses, and with them the sessions.
    mutating func suspend() -> [Effect] {
        guard !isSuspending else { return [] }
        isSuspending = true
        return [.finishRequests]
    }

    /// Suspends the process. Waiting actions start when it resumes.
    mutating func suspendNow() -> [Effect] {
        guard isSuspending else { return [] }
        isSuspending = false
        return [.suspend] + jobs.indices.flatMap { resume($0) }
    }
}

/// An action on one or many sessions, a few at a time.
package struct BulkJob: Sendable, Identifiable {
    /// The most actions that run at once. More would only wait for the issuer's budget.
    private static let width = 4

    package let id: Int
    package let total: Int

    package enum Origin: Sendable {
        case command, undo, redo
    }

    let origin: Origin

    private(set) var waiting: [SessionAction]
    private(set) var running: [SessionAction] = []
    private(set) var done: [VisitorSession] = []
    private(set) var failures: [(action: SessionAction, error: SessionError)] = []
    private(set) var undo: [SessionAction] = []
    private(set) var undoMeaning = ""
    private(set) var last: SessionAction?
    var isStopped = false

    init(id: Int, _ actions: [SessionAction], _ origin: Origin) {
        self.id = id
        self.origin = origin
        waiting = actions
        total = actions.count
    }

    mutating func next() -> [SessionAction] {
        guard !isStopped else { return [] }
        let next = Array(waiting.prefix(max(Self.width - running.count, 0)))
        waiting.removeFirst(next.count)
        running += next
        return next
    }

    mutating func record(_ outcome: Outcome) {
        if let index = running.firstIndex(where: { $0.isSame(as: outcome.action) }) { running.remove(at: index) }
        last = outcome.action
        switch outcome.result {
        case .failure(let error): failures.append((outcome.action, error))
        case .success(let session):
            done.append(session)
            guard origin == .undo || outcome.action.isUndoable,
                let back = outcome.action.inverse(previous: outcome.previous)
            else { return }
            undo.append(back.action)
            undoMeaning = back.meaning
        }
    }

    var hasEnded: Bool { running.isEmpty && (waiting.isEmpty || isStopped) }
    var isBulk: Bool { total > 1 }
    var finished: Int { done.count + failures.count }

    /// Any of its actions: all are of one kind.
    var currentAction: SessionAction? { running.first ?? waiting.first ?? last }
}

package struct UndoStep: Sendable {
    /// The kind of the change that it undoes or redoes. `nil`: it retries one that failed.
    package var undoes: SessionAction.Kind?
    package var actions: [SessionAction]
}
