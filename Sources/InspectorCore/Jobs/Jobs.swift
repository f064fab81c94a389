import VisitorSessions

import struct Foundation.Date

/// The running jobs, and the actions that undo finished ones.
package struct Jobs: Sendable {
    /// Oldest first.
    package private(set) var jobs: [BulkJob] = []

    /// Whether requests in flight are finishing before the process is suspended. Meanwhile, no action starts.
    package private(set) var isSuspending = false

    /// What can be undone. The last step is undone first.
    package private(set) var undoSteps: [UndoStep] = []

    /// What can be redone. The last step is redone first; a new change other than a renewal clears the list.
    package private(set) var redoSteps: [UndoStep] = []
    private var lastID = 0

    func isRenewing(_ id: SessionID) -> Bool {
        jobs.contains { $0.running.contains { $0.kind == .renew && $0.sessionID == id } }
    }

    var canStop: Bool { jobs.contains { $0.isBulk && !$0.isStopped } }

    private func isPending(_ action: SessionAction) -> Bool {
        action.sessionID != nil && jobs.contains { ($0.running + $0.waiting).contains { $0.isSame(as: action) } }
    }

    /// Starts the actions that aren't pending yet. Returns `nil` if all of them are pending.
    mutating func begin(_ actions: [SessionAction], as origin: BulkJob.Origin = .command) -> [Effect]? {
        let new = actions.filter { !isPending($0) }
        guard !new.isEmpty else { return nil }
        lastID += 1
        jobs.append(BulkJob(id: lastID, new, origin))
        return resume(jobs.count - 1)
    }

    /// Starts a job on the sessions of a source, which are read as they are needed.
    mutating func begin(_ source: BulkSource, total: Int) -> [Effect] {
        lastID += 1
        jobs.append(BulkJob(id: lastID, source, total: total))
        return resume(jobs.count - 1)
    }

    /// Adds sessions that were read for a job, and returns the updated job. `nil`: the job has already ended.
    mutating func `continue`(
        _ id: Int, with result: Result<[VisitorSession], StoreError>
    ) -> (effects: [Effect], job: BulkJob)? {
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { return nil }
        switch result {
        case .success(let sessions):
            let pending = jobs.flatMap { $0.running + $0.waiting }
            jobs[index].add(sessions) { action in !pending.contains { $0.isSame(as: action) } }
        case .failure: jobs[index].isStopped = true
        }
        return (resume(index), endIfDone(index))
    }

    private mutating func resume(_ index: Int) -> [Effect] {
        guard !isSuspending else { return [] }
        let id = jobs[index].id
        let actions = jobs[index].next().map { Effect.perform($0, job: id) }
        return actions + (jobs[index].pageRequest().map { [.page($0)] } ?? [])
    }

    /// Records the result of an action, and returns the updated job. `nil`: the job isn't known.
    mutating func finish(_ outcome: Outcome) -> (effects: [Effect], job: BulkJob)? {
        guard let index = jobs.firstIndex(where: { $0.id == outcome.job }) else { return nil }
        jobs[index].record(outcome)
        if jobs[index].origin == .command, outcome.action.undoesAnother, case .success = outcome.result {
            dropUndo(outcome.action)
        }
        if outcome.action.kind == .renew, case .success(let session) = outcome.result { noteRenewal(of: session.id) }
        let effects = resume(index)
        return (effects, endIfDone(index))
    }

    /// Removes undo actions that a command has just performed.
    private mutating func dropUndo(_ action: SessionAction) {
        for index in undoSteps.indices { undoSteps[index].actions.removeAll { $0.isSame(as: action) } }
        undoSteps.removeAll { $0.actions.isEmpty }
    }

    /// The tokens that a set gave a session were replaced by its own renewal: undo goes by what the store has kept.
    mutating func noteRenewal(of id: SessionID) {
        func updated(_ step: UndoStep) -> UndoStep {
            var step = step
            step.actions = step.actions.map { action in
                guard case .restoreTokens(let before, _, let isRedo) = action, before.session.id == id else {
                    return action
                }
                return .undoSet(id, isRedo: isRedo)
            }
            return step
        }
        (undoSteps, redoSteps) = (undoSteps.map(updated), redoSteps.map(updated))
    }

    private mutating func endIfDone(_ index: Int) -> BulkJob {
        guard jobs[index].hasEnded else { return jobs[index] }
        let job = jobs.remove(at: index)
        if let kind = job.last?.kind, let back = job.undo.first {
            let restored = kind == .restore ? job.done : []
            if job.origin == .undo {
                redoSteps.append(UndoStep(undoes: back.kind, actions: job.undo, sessions: restored))
            } else {
                undoSteps.append(UndoStep(undoes: kind, actions: job.undo, sessions: restored))
            }
        }
        if job.origin == .command, job.last?.kind != .renew { redoSteps = [] }
        for failure in job.failures {
            if let retry = failure.action.retry(after: failure.error) {
                undoSteps.append(UndoStep(undoes: nil, actions: [retry]))
            }
        }
        return job
    }

    /// Starts the actions of the last undo step. Returns `nil` if there is no step, or if its actions are pending.
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

    /// Begins to suspend: requests in flight finish first, because losing their responses would lose the sessions.
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

/// One kind of action on one or many sessions, a few of them at a time.
package struct BulkJob: Sendable, Identifiable {
    /// The most actions that run at once. More would only wait for the issuer's budget.
    private static let width = 4

    /// A larger job can't be undone: its undo actions would take too much memory.
    package static let undoLimit = 10_000
    private static let failureLimit = 1000

    package let id: Int
    package private(set) var total: Int
    private var source: BulkSource?

    package enum Origin: Sendable {
        case command, undo, redo
    }

    let origin: Origin

    private(set) var waiting: [SessionAction]
    private(set) var running: [SessionAction] = []
    /// The changed sessions: all of them, or only the first if the job has a source.
    private(set) var done: [VisitorSession] = []
    private(set) var doneCount = 0
    /// The first failures, up to a limit.
    private(set) var failures: [(action: SessionAction, error: SessionError)] = []
    private(set) var failureCount = 0
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

    init(id: Int, _ source: BulkSource, total: Int) {
        self.id = id
        self.source = source
        self.total = total
        origin = .command
        waiting = []
    }

    /// The request for the next sessions, if they are needed.
    mutating func pageRequest() -> PageRequest? {
        guard !isStopped, waiting.count < Self.width else { return nil }
        return source?.request(job: id)
    }

    /// - Parameter isNew: Whether an action isn't pending in another job.
    mutating func add(_ sessions: [VisitorSession], where isNew: (SessionAction) -> Bool) {
        guard let read = source?.actions(for: sessions) else { return }
        let actions = read.filter(isNew)
        waiting += actions
        // The number of sessions was an estimate.
        let known = finished + running.count + waiting.count
        total = source?.isAtEnd == true ? known : max(total, known)
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
        case .failure(let error):
            failureCount += 1
            if failures.count < Self.failureLimit { failures.append((outcome.action, error)) }
        case .success(let session):
            doneCount += 1
            if source == nil || done.isEmpty { done.append(session) }
            guard doneCount <= Self.undoLimit || source == nil else { return undo = [] }
            guard let back = outcome.action.inverse(previous: outcome.previous) else { return }
            undo.append(back.action)
            undoMeaning = back.meaning
        }
    }

    var hasEnded: Bool { running.isEmpty && (isStopped || waiting.isEmpty && source?.isAtEnd != false) }
    var isBulk: Bool { total > 1 || source != nil }
    var finished: Int { doneCount + failureCount }

    /// An action that stands for the whole job, because all its actions are of one kind.
    var currentAction: SessionAction? { running.first ?? waiting.first ?? last }
}

/// All sessions that match a filter, read in creation order, because no action changes that order.
struct BulkSource: Sendable {
    private static let pageSize = 256
    private static let sort = SessionSort(.created)

    let filter: SessionFilter
    /// When the job started. Sessions created later aren't included.
    let startedAt: Date
    /// Makes the action for a session. `nil`: no action applies to the session.
    let action: @Sendable (VisitorSession) -> SessionAction?

    private var last: VisitorSession?
    private var isReading = false
    private(set) var isAtEnd = false

    init(filter: SessionFilter, startedAt: Date, action: @escaping @Sendable (VisitorSession) -> SessionAction?) {
        self.filter = filter
        self.startedAt = startedAt
        self.action = action
    }

    mutating func request(job: Int) -> PageRequest? {
        guard !isReading, !isAtEnd else { return nil }
        isReading = true
        return PageRequest(
            job: job, filter: filter, sort: Self.sort, after: last?.position(by: Self.sort.key), limit: Self.pageSize)
    }

    /// The actions for a page's sessions. A page begins with the previous page's last session if that still matches.
    mutating func actions(for page: [VisitorSession]) -> [SessionAction] {
        isReading = false
        let new = page.filter { $0.id != last?.id && $0.createdAt <= startedAt }
        isAtEnd = page.count < Self.pageSize || new.isEmpty
        last = new.last ?? last
        return new.compactMap(action)
    }
}

package struct UndoStep: Sendable {
    /// The kind of change that the step undoes or redoes. `nil`: it retries a change that failed.
    package var undoes: SessionAction.Kind?
    package var actions: [SessionAction]

    /// The sessions of a restore, for the question before they are discarded again. Of a job on all that match a
    /// filter, only the first.
    var sessions: [VisitorSession] = []

    /// Whether it discards sessions, which is asked first.
    var discards: Bool {
        if case .discard? = actions.first { true } else { false }
    }
}
