import struct Foundation.Date

/// What happens to sessions, as it happens: the entries of the journal behind a position, by whichever process, in
/// order, each once, without end.
///
/// Whoever remembers the position of the last one goes on from there, after a restart too. A store that is away for a
/// while only makes it late; any other failure of the store ends it. Where the journal ends before the position, it is another
/// store's, and is told from its beginning.
public struct SessionEvents: AsyncSequence, Sendable {
    public typealias Element = JournalEntry
    public typealias Failure = StoreError

    private static let batch = 200
    private static let pause = Duration.seconds(1)

    let store: any SessionStore
    let timing: Timing

    /// `nil`: from the end of the journal, as it is when the first one is asked for.
    let start: Int?

    public func makeAsyncIterator() -> Iterator {
        Iterator(events: self, changes: StoreChanges(store, timing: timing), position: start)
    }

    public final class Iterator: AsyncIteratorProtocol {
        private let events: SessionEvents
        private let changes: StoreChanges
        private var position: Int?
        private var ahead: ArraySlice<JournalEntry> = []

        init(events: SessionEvents, changes: StoreChanges, position: Int?) {
            self.events = events
            self.changes = changes
            self.position = position
        }

        deinit {
            changes.end()
        }

        public func next() async throws(StoreError) -> JournalEntry? {
            try await next(isolation: nil)
        }

        /// The next one, once there is one. `nil` where the task is cancelled.
        public func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> JournalEntry? {
            while !Task.isCancelled {
                if let entry = ahead.popFirst() {
                    position = entry.position
                    return entry
                }
                do throws(StoreError) {
                    if try await fetch(isolation: actor) { continue }
                    await changes.wait(until: nil)
                } catch {
                    guard error.kind == .unavailable else { throw error }
                    await events.timing.wait(until: events.timing.clock.elapsed() + SessionEvents.pause)
                }
            }
            return nil
        }

        /// Returns whether there is something to hand out.
        private func fetch(isolation actor: isolated (any Actor)?) async throws(StoreError) -> Bool {
            guard let position else {
                self.position = try await events.store.journalEnd()
                return false
            }
            ahead = try await events.store.journal(after: position, limit: SessionEvents.batch)[...]
            // Another store is in the place of the one that was followed: all of it is new.
            if ahead.isEmpty, try await events.store.journalEnd() < position { self.position = 0 }
            return !ahead.isEmpty || self.position == 0 && position > 0
        }
    }
}

extension SessionManager {
    /// What happens to sessions from now on, or from behind a position of the journal on: by this manager and by all
    /// others that share its store.
    public nonisolated func events(after position: Int? = nil) -> SessionEvents {
        SessionEvents(store: store, timing: timing, start: position)
    }
}
