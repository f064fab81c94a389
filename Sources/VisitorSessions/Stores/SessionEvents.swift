/// The journal's entries after a position, as they are written, by whichever process, in order, each once, without end.
///
/// Remember the position of the last entry to continue there, after a restart too. While the store is away events are late;
/// any other failure of the store ends the sequence. If the journal ends before the position it belongs to another store, and
/// is read from its beginning.
public struct SessionEvents: AsyncSequence, Sendable {
    public typealias Element = JournalEntry
    public typealias Failure = StoreError

    private static let batch = 200
    private static let pause = Duration.seconds(1)

    let store: any SessionBrowser
    let clock: any Clock<Duration>

    /// `nil`: from the end of the journal, as it is when the first entry is asked for.
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

        /// The next entry, once there is one. `nil` if the task is cancelled.
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

        /// Returns whether there is something to hand out.
        private func fetch(isolation actor: isolated (any Actor)?) async throws(StoreError) -> Bool {
            guard let position else {
                self.position = try await events.store.journalEnd()
                return false
            }
            ahead = try await events.store.journal(after: position, limit: SessionEvents.batch)[...]
            // Another store has taken the place of the one that was followed: all of it is new.
            if ahead.isEmpty, try await events.store.journalEnd() < position { self.position = 0 }
            return !ahead.isEmpty || self.position == 0 && position > 0
        }
    }
}

extension SessionBrowser {
    /// What happens to sessions from now on, or after a position of the journal: in this process and in all others that
    /// share the store.
    ///
    /// - Parameter clock: What pauses go by while the store is away.
    public func events(
        after position: Int? = nil, clock: any Clock<Duration> = ContinuousClock()
    ) -> SessionEvents {
        SessionEvents(store: self, clock: clock, start: position)
    }
}
