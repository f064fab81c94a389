/// An endless sequence of the journal entries after a position, in order and each once, from all processes.
///
/// To continue after a restart, remember the position of the last entry. While the store is unavailable, events are
/// late; any other store error ends the sequence. If the journal is shorter than the position, it is another store's
/// journal and is read from the beginning.
public struct SessionEvents: AsyncSequence, Sendable {
    public typealias Element = JournalEntry
    public typealias Failure = StoreError

    private static let batch = 200
    private static let pause = Duration.seconds(1)

    let store: any SessionBrowser
    let clock: any Clock<Duration>

    /// The position to start after. `nil`: the end of the journal when the first entry is requested.
    let start: Int?

    public func makeAsyncIterator() -> Iterator {
        Iterator(events: self, position: start)
    }

    public final class Iterator: AsyncIteratorProtocol {
        private let events: SessionEvents
        private let changes: StoreChanges
        private var position: Int?
        private var ahead: ArraySlice<JournalEntry> = []

        init(events: SessionEvents, position: Int?) {
            self.events = events
            self.changes = StoreChanges(events.store)
            self.position = position
        }

        deinit {
            changes.end()
        }

        public func next() async throws(StoreError) -> JournalEntry? {
            try await next(isolation: nil)
        }

        /// Waits for the next entry. `nil` if the task is cancelled.
        public func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> JournalEntry? {
            while !Task.isCancelled {
                if let entry = ahead.popFirst() {
                    position = entry.position
                    return entry
                }
                do throws(StoreError) {
                    if try await fetch(isolation: actor) { continue }
                    await changes.wait()
                } catch {
                    guard error.kind == .unavailable else { throw error }
                    await AsyncSignal().wait(atMost: SessionEvents.pause, on: events.clock)
                }
            }
            return nil
        }

        /// Returns whether there are entries to deliver.
        private func fetch(isolation actor: isolated (any Actor)?) async throws(StoreError) -> Bool {
            guard let position else {
                self.position = try await events.store.journalEnd()
                return false
            }
            ahead = try await events.store.journal(after: position, limit: SessionEvents.batch)[...]
            // The store was replaced by another one, whose entries are all new.
            if ahead.isEmpty, try await events.store.journalEnd() < position { self.position = 0 }
            return !ahead.isEmpty || self.position == 0 && position > 0
        }
    }
}

extension SessionBrowser {
    /// Events from now on, or after a position of the journal, by all processes that share the store.
    ///
    /// - Parameter clock: The clock for pauses while the store is unavailable.
    public func events(
        after position: Int? = nil, clock: any Clock<Duration> = ContinuousClock()
    ) -> SessionEvents {
        SessionEvents(store: self, clock: clock, start: position)
    }
}
