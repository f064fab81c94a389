/// Keeps the requests of running applications, and which sessions those use now.
///
/// A recorder appends requests in batches and keeps its ``LiveSource`` alive; a list reads ``liveSessions(among:)`` of its
/// rows, a pane ``requests(of:limit:)``, a log ``requests(after:limit:)`` at each of ``SessionStore/changes()``.
/// ``SessionFilter/isLive`` and ``SessionFilter/sources`` select sessions.
///
/// Requests are a record, not history that must not be lost: a store keeps at most ``RequestLimits`` of them, and a
/// purged session's are deleted with it.
public protocol RequestStore: Sendable {
    /// Stores requests that `source` recorded, oldest first, and keeps the source's sessions live for `duration` from
    /// now by the store's clock. All in one write.
    ///
    /// An empty batch only keeps the source alive. A duration of zero ends it, so that its sessions are no longer live.
    func append(
        _ requests: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration
    ) async throws(StoreError)

    /// The newest requests of one session, newest first.
    func requests(of id: SessionID, limit: Int) async throws(StoreError) -> [LiveRequest]

    /// The requests of all sessions after `position`, oldest first. Continuing from the last one misses none.
    func requests(after position: Int, limit: Int) async throws(StoreError) -> [LiveRequest]

    /// The highest position ever assigned. 0 if there is none.
    func requestsEnd() async throws(StoreError) -> Int

    /// Those of `sessions` that have recorded requests, whether they are still live or not.
    func liveSessions(among sessions: [SessionID]) async throws(StoreError) -> [SessionID: LiveSession]
}

/// How many requests a store keeps.
public enum RequestLimits {
    public static let perSession = 200
    public static let inAll = 20_000
    public static let age = Duration.seconds(7 * 24 * 3600)
}
