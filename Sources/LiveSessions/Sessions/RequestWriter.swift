import Foundation
import VisitorSessions
import WixHeadless

/// Writes recorded requests in batches and keeps their sources alive.
///
/// Never makes the recorder wait: what the store doesn't accept in time is dropped and counted.
actor RequestWriter {
    /// How often requests are written.
    static let interval = Duration.milliseconds(250)

    /// How long the source's sessions stay live if this process is killed, and how often that is extended.
    static let liveDuration = Duration.seconds(45)
    private static let renewalInterval = Duration.seconds(15)

    /// How many requests may wait for the store. Beyond this number, new ones are dropped.
    static let limit = 4096

    /// The largest batch, so that other writers get their turn.
    private static let batch = 1000

    private let store: any RequestStore

    /// The source of requests that don't name one.
    private let source: LiveSource

    /// The sources that are known to the store.
    private var known: [UUID: LiveSource] = [:]
    private let clock: any Clock<Duration>
    private var waiting: [(draft: LiveRequest.Draft, source: LiveSource)] = []
    private var sinceWrite = Duration.zero

    /// Requests that weren't stored.
    private(set) var dropped = 0

    /// Why the first of them wasn't stored, as a sentence.
    private(set) var problem: String?

    init(_ store: any RequestStore, source: LiveSource, clock: any Clock<Duration> = ContinuousClock()) {
        self.store = store
        self.source = source
        self.clock = clock
    }

    /// - Parameter source: The request's source. `nil`: the writer's own source.
    func add(_ request: LiveRequest.Draft, from source: LiveSource? = nil) {
        guard waiting.count < Self.limit else {
            dropped += 1
            problem = problem ?? "The store can't keep up."
            return
        }
        waiting.append((request, source ?? self.source))
    }

    /// Writes what is waiting, and ends one source: its sessions are no longer live.
    func end(_ source: LiveSource) async {
        await write(liveFor: Self.liveDuration)
        guard known.removeValue(forKey: source.id) != nil else { return }
        await append([], from: source, liveFor: .zero)
    }

    /// Writes until the task is cancelled.
    func run() async {
        while true {
            do { try await clock.sleep(for: Self.interval) } catch { return }
            sinceWrite += Self.interval
            // A source without sessions doesn't have to be stored.
            guard !waiting.isEmpty || !known.isEmpty && sinceWrite >= Self.renewalInterval else { continue }
            await write(liveFor: Self.liveDuration)
        }
    }

    /// Writes what is waiting. No source's sessions are live afterwards.
    func finish() async {
        repeat { await write(liveFor: .zero) } while !waiting.isEmpty
    }

    private func write(liveFor duration: Duration) async {
        let batch = waiting.prefix(Self.batch)
        waiting.removeFirst(batch.count)
        sinceWrite = .zero
        for (_, source) in batch { known[source.id] = source }
        let drafts = Dictionary(grouping: batch, by: \.source.id)
        for source in known.values {
            await append(drafts[source.id]?.map(\.draft) ?? [], from: source, liveFor: duration)
        }
    }

    private func append(_ batch: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration) async {
        do throws(StoreError) {
            try await store.append(batch, from: source, liveFor: duration)
        } catch {
            dropped += batch.count
            problem = problem ?? error.message
        }
    }
}

extension LiveRequest.Draft {
    /// - Parameter request: What a token request asks for.
    init(_ exchange: Exchange, of session: SessionID, _ request: ObservedTokenRequest?) {
        let grant = request.map { $0.refreshToken == nil ? "anonymous" : "refresh_token" }
        self.init(
            of: session, at: exchange.date(of: exchange.start), process: exchange.process, method: exchange.method,
            path: InputRedactor.pathWithoutTokens(exchange.path),
            outcome: exchange.status.map { .status($0) } ?? .failure("no response"),
            timeToFirstByte: exchange.firstByte.map { $0 - exchange.start }, duration: exchange.duration,
            byteCount: exchange.bytesReceived, requestID: exchange.requestID, grant: grant,
            flags: exchange.flags, token: request?.refreshToken?.value ?? exchange.accessToken)
    }
}

extension Exchange {
    fileprivate var flags: LiveRequest.Flags {
        var flags: LiveRequest.Flags = isCut ? .cut : []
        if case .substituted = intervention { flags.insert(.substituted) }
        if intervention == .refused { flags.insert(.refused) }
        if isFault { flags.insert(.fault) }
        return flags
    }

    /// The wall-clock time of a monotonic instant of this exchange.
    func date(of instant: Duration) -> Date {
        Date() - (RecorderLoop.now() - instant)
    }
}
