import Foundation
import VisitorSessions

/// What one key asked for: one operation, or the same one on many sessions, a few at a time.
public struct Work: Sendable, Identifiable {
    /// How many operations are under way at once: more would only wait for the issuer's budget.
    static let width = 4

    public let id: Int
    public let total: Int

    /// Whether it takes something back. What it does is then not to be undone again.
    let isUndo: Bool

    var waiting: [Operation]
    public internal(set) var running: [Operation] = []
    var done: [VisitorSession] = []
    var failures: [(operation: Operation, error: SessionError)] = []
    var undo: [Operation] = []
    var undoMeaning = ""
    var isStopped = false

    /// The operation that ended last.
    var last: Operation?

    init(id: Int, _ operations: [Operation], isUndo: Bool) {
        self.id = id
        self.isUndo = isUndo
        waiting = operations
        total = operations.count
    }

    /// The next operations to begin.
    mutating func next() -> [Operation] {
        guard !isStopped else { return [] }
        let next = Array(waiting.prefix(max(Self.width - running.count, 0)))
        waiting.removeFirst(next.count)
        running += next
        return next
    }

    /// Nothing more is begun; what is under way is finished.
    mutating func stop() {
        isStopped = true
    }

    var isOver: Bool { running.isEmpty && (waiting.isEmpty || isStopped) }
    var isMany: Bool { total > 1 }
    var finished: Int { done.count + failures.count }

    /// Any of its operations: they are all of one kind.
    var sample: Operation? { running.first ?? waiting.first ?? last }
}

/// What `u` would do next.
public struct UndoStep: Sendable {
    /// Such as “undoes”.
    public var meaning: String
    public var operations: [Operation]
}
