import struct Foundation.Date
import struct Foundation.UUID

/// The recorded requests of a store in memory.
struct MemoryRequests {
    private(set) var end = 0
    private var requests: [(request: LiveRequest, storedAt: Date)] = []
    private var sources: [UUID: (source: LiveSource, deadline: Date)] = [:]
    private var counts: [SessionID: Int] = [:]

    mutating func append(
        _ drafts: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration, at now: Date,
        fingerprint: (Secret) -> TokenFingerprint
    ) {
        sources[source.id] = (source, now + duration)
        for var draft in drafts {
            let token = draft.token
            draft.token = nil
            end += 1
            counts[draft.session, default: 0] += 1
            let request = LiveRequest(
                position: end, source: source, fingerprint: token.map(fingerprint), draft: draft)
            requests.append((request, now))
        }
        let surplus = Dictionary(grouping: requests.map(\.request), by: \.draft.session).values
            .flatMap { $0.dropLast(RequestLimits.perSession).map(\.position) }
        if !surplus.isEmpty {
            let positions = Set(surplus)
            requests.removeAll { positions.contains($0.request.position) }
        }
        trim(at: now)
    }

    /// Deletes what exceeds the limits on number and age.
    mutating func trim(at now: Date) {
        requests.removeFirst(max(requests.count - RequestLimits.total, 0))
        requests.removeAll { $0.storedAt + RequestLimits.age <= now }
        let kept = Set(requests.map(\.request.draft.session))
        counts = counts.filter { kept.contains($0.key) }
        sources = sources.filter { $0.value.deadline + RequestLimits.age > now }
    }

    mutating func delete(_ session: SessionID) {
        requests.removeAll { $0.request.draft.session == session }
        counts[session] = nil
    }

    func requests(of id: SessionID, limit: Int) -> [LiveRequest] {
        Array(all.reversed().filter { $0.draft.session == id }.prefix(limit))
    }

    func requests(after position: Int, limit: Int) -> [LiveRequest] {
        Array(all.filter { $0.position > position }.prefix(limit))
    }

    /// All sessions that have recorded requests.
    ///
    /// - Parameter targets: The sessions whose tokens are substituted for other sessions'.
    func liveSessions(at now: Date, substituting targets: Set<SessionID>) -> [SessionID: LiveSession] {
        let last = Dictionary(all.map { ($0.draft.session, $0) }) { _, last in last }
        return last.mapValues { last in
            let isUsed = !last.draft.flags.contains(.asSubstitute) || targets.contains(last.draft.session)
            let deadline = isUsed ? sources[last.source.id]?.deadline : nil
            return LiveSession(
                source: last.source, process: last.draft.process, liveUntil: deadline.flatMap { $0 > now ? $0 : nil },
                requestCount: counts[last.draft.session] ?? 0, lastRequestAt: last.draft.at,
                lastOutcome: last.draft.outcome)
        }
    }

    /// All requests, with the current labels of their sources.
    private var all: some BidirectionalCollection<LiveRequest> {
        requests.lazy.map { stored in
            var request = stored.request
            request.source = sources[request.source.id]?.source ?? request.source
            return request
        }
    }
}
