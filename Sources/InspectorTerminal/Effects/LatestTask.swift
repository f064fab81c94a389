import Synchronization

/// A place for one task: a new one cancels the one before.
final class LatestTask: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)

    func replace(with next: Task<Void, Never>) {
        task.withLock { task in
            task?.cancel()
            task = next
        }
    }
}
