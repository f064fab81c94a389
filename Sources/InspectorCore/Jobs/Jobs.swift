import VisitorSessions

/// The running jobs, and the actions that undo finished ones.
package struct Jobs: Sendable {
    /// Oldest first.
    package private(set) var jobs: [BulkJob] = []

    /// Whether requests in flight are finishing before the process is suspended. No action starts.
    package private(set) var isSuspending = false

    /// The last one is undone first.
    package private(set) var undoSteps: [UndoStep] = []
    private var lastID = 0

    func isRenewing(_ id: SessionID) -> Bool {
        jobs.contains { $0.running.contains { if case .renew(id) = $0 { true } else { false } } }
    }

    var canStop: Bool { jobs.contains { $0.isBulk && !$0.isStopped } }

    private func isPending(_ action: SessionAction) -> Bool {
        action.sessionID != nil && jobs.contains { ($0.running + $0.waiting).contains { $0.isSame(as: action) } }
    }

    /// Starts the actions that aren't pending. `nil`: all of them are.
    mutating func begin(_ actions: [SessionAction], isUndo: Bool = false) -> [Effect]? {
        let new = actions.filter { !isPending($0) }
        guard !new.isEmpty else { return nil }
        lastID += 1
        jobs.append(BulkJob(id: lastID, new, isUndo: isUndo))
        return resume(jobs.count - 1)
    }

    private mutating func resume(_ index: Int) -> [Effect] {
        guard !isSuspending else { return [] }
        let id = jobs[index].id
        return jobs[index].next().map { .perform($0, job: id) }
    }

    /// Records the result of an action. Returns the job if it has ended.
    mutating func finish(_ outcome: Outcome) -> (effects: [Effect], isBulk: Bool, ended: BulkJob?) {
        guard let index = jobs.firstIndex(where: { $0.id == outcome.job }) else { return ([], true, nil) }
        jobs[index].record(outcome)
        let isBulk = jobs[index].isBulk
        let effects = resume(index)
        guard jobs[index].hasEnded else { return (effects, isBulk, nil) }
        let job = jobs.remove(at: index)
        if !job.undo.isEmpty { undoSteps.append(UndoStep(meaning: job.undoMeaning, actions: job.undo)) }
        for failure in job.failures {
            if let retry = failure.action.retry(after: failure.error) {
                undoSteps.append(UndoStep(meaning: "retries", actions: [retry]))
            }
        }
        return (effects, isBulk, job)
    }

    mutating func removeLastUndoStep() { undoSteps.removeLast() }

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

    /// Whether it undoes another job. It can't be undone itself.
    let isUndo: Bool

    private(set) var waiting: [SessionAction]
    private(set) var running: [SessionAction] = []
    private(set) var done: [VisitorSession] = []
    private(set) var failures: [(action: SessionAction, error: SessionError)] = []
    private(set) var undo: [SessionAction] = []
    private(set) var undoMeaning = ""
    private(set) var last: SessionAction?
    var isStopped = false

    init(id: Int, _ actions: [SessionAction], isUndo: Bool) {
        self.id = id
        self.isUndo = isUndo
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
            guard !isUndo, let back = outcome.action.undo(previous: outcome.previous) else { return }
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
    /// What the undo key does, such as “undoes”.
    package var meaning: String
    package var actions: [SessionAction]
}
