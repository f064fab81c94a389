public import struct Foundation.Date
public import struct Foundation.UUID

/// A request that a running application made as a visitor. Its body, headers and query aren't recorded.
///
/// Its texts come from the application and the server: sanitize them before a terminal shows them.
public struct LiveRequest: Hashable, Sendable {
    /// A request to record. The store adds the position, the source and the fingerprint.
    public struct Draft: Hashable, Sendable {
        public var session: SessionID

        /// When it was sent, by the clock of the recording host.
        public var at: Date

        /// The application's process. `nil` in a browser.
        public var process: Int32?
        public var method: String

        /// Without the query.
        public var path: String
        public var outcome: Outcome

        /// From sending the request to the first byte of its response. `nil`: there was no response.
        public var timeToFirstByte: Duration?

        /// From sending the request to the end of its response, or to its failure.
        public var duration: Duration

        /// The size of the response's body as transferred, in bytes.
        public var byteCount: Int

        /// The request ID of the response.
        public var requestID: String?

        /// The `grant_type` of a token request. `nil` for other requests.
        public var grant: String?
        public var flags: Flags

        /// The token that was sent with it. Stores keep only its fingerprint, so it is `nil` in a stored request.
        public var token: Secret?

        /// Replaces control characters in its texts with spaces, and shortens long ones.
        public init(
            of session: SessionID, at: Date, process: Int32? = nil, method: String, path: String, outcome: Outcome,
            timeToFirstByte: Duration? = nil, duration: Duration = .zero, byteCount: Int = 0,
            requestID: String? = nil, grant: String? = nil, flags: Flags = [], token: Secret? = nil
        ) {
            self.session = session
            self.at = at
            self.process = process
            self.method = LiveSource.text(method, limit: 20)
            self.path = LiveSource.text(path, limit: 400)
            self.outcome = outcome
            if case .failure(let reason) = outcome { self.outcome = .failure(LiveSource.text(reason, limit: 200)) }
            self.timeToFirstByte = timeToFirstByte
            self.duration = duration
            self.byteCount = byteCount
            self.requestID = requestID.map { LiveSource.text($0, limit: 100) }
            self.grant = grant.map { LiveSource.text($0, limit: 40) }
            self.flags = flags
            self.token = token
        }
    }

    public enum Outcome: Hashable, Sendable {
        /// The response's status code.
        case status(Int)
        /// Why there was no response, as a safe phrase.
        case failure(String)

        package var status: Int? {
            if case .status(let code) = self { code } else { nil }
        }

        package var failure: String? {
            if case .failure(let reason) = self { reason } else { nil }
        }

        /// Whether there was no response, or one with an error status.
        package var isFailure: Bool { status.map { $0 >= 400 } ?? true }

        /// The status code, or why there was no response.
        package var text: String { status.map(String.init) ?? failure ?? "" }

        /// ``text`` with a label for the last request, such as “last status 200”.
        package var lastText: String { "last \(status == nil ? "outcome" : "status") \(text)" }
    }

    public struct Flags: OptionSet, Hashable, Sendable {
        /// The connection ended before the response was complete.
        public static let cut = Flags(rawValue: 1)

        /// The request was sent with tokens other than the application's.
        public static let substituted = Flags(rawValue: 2)

        /// The outcome was caused on purpose (`run --fault`).
        public static let fault = Flags(rawValue: 4)

        /// It wasn't sent, because its session is discarded.
        public static let refused = Flags(rawValue: 8)

        /// The application made it for another session, for which this one's tokens are substituted.
        public static let asSubstitute = Flags(rawValue: 16)

        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }
    }

    /// The position among all recorded requests of the store, ascending from 1.
    public var position: Int

    /// The run or browser tab that recorded it.
    public var source: LiveSource

    /// The fingerprint of its token. `nil`: it had none.
    public var fingerprint: TokenFingerprint?
    public var draft: Draft

    public init(position: Int, source: LiveSource, fingerprint: TokenFingerprint? = nil, draft: Draft) {
        self.position = position
        self.source = source
        self.fingerprint = fingerprint
        self.draft = draft
    }
}

/// A running application whose sessions and requests are recorded: one `run`, or one browser tab.
public struct LiveSource: Hashable, Sendable, Identifiable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case node, browser
    }

    /// Unique for every run and tab.
    public let id: UUID
    public var kind: Kind

    /// The run's label, or the tab's address. Untrusted text.
    public var label: String

    /// Replaces control characters in the label with spaces, and shortens a long one.
    public init(id: UUID = SessionID().uuid, _ kind: Kind, label: String) {
        self.id = id
        self.kind = kind
        self.label = Self.text(label, limit: 200)
    }

    /// The text that `source:` in a filter is compared with.
    package var searchText: String { VisitorSession.searchText("\(kind.rawValue) \(label)") }

    func matches(_ part: String) -> Bool {
        searchText.utf8.contains(VisitorSession.searchText(part).utf8)
    }

    fileprivate static func text(_ text: String, limit: Int) -> String {
        VisitorSession.label(String(text.unicodeScalars.prefix(limit)))
    }
}

/// What is known of a session that a running application uses or used.
public struct LiveSession: Hashable, Sendable {
    /// The source of its last recorded request.
    public var source: LiveSource

    /// The process of its last recorded request. `nil` in a browser.
    public var process: Int32?

    /// When it stops being live unless its source extends it. `nil`: it isn't live, because its source has ended, or the
    /// substitution for which the application used it.
    public var liveUntil: Date?

    /// How many of its requests were recorded, including those that are no longer stored.
    public var requestCount: Int

    /// The time and outcome of its last recorded request.
    public var lastRequestAt: Date
    public var lastOutcome: LiveRequest.Outcome

    public var isLive: Bool { liveUntil != nil }

    public init(
        source: LiveSource, process: Int32?, liveUntil: Date?, requestCount: Int, lastRequestAt: Date,
        lastOutcome: LiveRequest.Outcome
    ) {
        self.source = source
        self.process = process
        self.liveUntil = liveUntil
        self.requestCount = requestCount
        self.lastRequestAt = lastRequestAt
        self.lastOutcome = lastOutcome
    }
}
