import VisitorSessions

/// Writes recorded requests in batches and keeps their source alive.
///
/// Never makes the recorder wait: what the store doesn't take in time is dropped and counted.
actor RequestWriter {
    /// How often requests are written.
    static let interval = Duration.milliseconds(250)

    /// How long the source's sessions stay live if this process is killed, and how often that is extended.
    static let liveDuration = Duration.seconds(45)
    private static let renewalInterval = Duration.seconds(15)

    /// Requests that wait for the store. Beyond this number they are dropped.
    static let limit = 4096

    /// The largest batch, so that other writers get their turn.
    private static let batch = 1000

    private let store: any RequestStore
    private let source: LiveSource
    private let clock: any Clock<Duration>
    private var waiting: [LiveRequest.Draft] = []
    private var sinceWrite = Duration.zero
    private var isKnown = false

    /// Requests that weren't stored.
    private(set) var dropped = 0

    /// Why the first of them weren't, as a sentence.
    private(set) var problem: String?

    init(_ store: any RequestStore, source: LiveSource, clock: any Clock<Duration> = ContinuousClock()) {
        self.store = store
        self.source = source
        self.clock = clock
    }

    func add(_ request: LiveRequest.Draft) {
        guard waiting.count < Self.limit else {
            dropped += 1
            problem = problem ?? "The store doesn't keep up."
            return
        }
        waiting.append(request)
    }

    /// Writes until the task is cancelled.
    func run() async {
        while true {
            do { try await clock.sleep(for: Self.interval) } catch { return }
            sinceWrite += Self.interval
            // A source without sessions needn't be known.
            guard !waiting.isEmpty || isKnown && sinceWrite >= Self.renewalInterval else { continue }
            await write(liveFor: Self.liveDuration)
        }
    }

    /// Writes what is waiting. The source's sessions are no longer live afterwards.
    func finish() async {
        repeat { await write(liveFor: .zero) } while !waiting.isEmpty
    }

    private func write(liveFor duration: Duration) async {
        guard isKnown || !waiting.isEmpty else { return }
        let batch = Array(waiting.prefix(Self.batch))
        waiting.removeFirst(batch.count)
        sinceWrite = .zero
        do throws(StoreError) {
            try await store.append(batch, from: source, liveFor: duration)
            isKnown = true
        } catch {
            dropped += batch.count
            problem = problem ?? error.message
        }
    }
}
