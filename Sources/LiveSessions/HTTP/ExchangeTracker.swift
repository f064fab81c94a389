import VisitorSessions

/// Pairs the requests and responses of one connection.
///
/// Does no I/O. Instants are monotonic.
struct ExchangeTracker: Sendable {
    /// Bodies of token requests and their responses are kept up to this size, in bytes.
    private static let bodyLimit = 64 << 10

    private struct Pending: Sendable {
        var exchange: Exchange
        var isHead: Bool
    }

    private var requests = HTTPFraming()
    private var responses = HTTPFraming()

    /// Requests without a complete response, oldest first.
    private var pending: [Pending] = []

    /// Whether the current response is final, so that its body belongs to the first pending request.
    private var hasFinalHead = false
    private let process: Int32

    init(process: Int32) {
        self.process = process
    }

    /// Whether no response is outstanding.
    var isIdle: Bool { pending.isEmpty }

    /// Reads what was sent to the server. Returns the token requests that are completely sent.
    ///
    /// - Parameters:
    ///   - intervention: What the recorder did to the requests that begin in `bytes`.
    @discardableResult
    mutating func sent(
        _ bytes: ArraySlice<UInt8>, at instant: Duration, _ intervention: Exchange.Intervention? = nil
    ) -> [Exchange] {
        guard !requests.isOpaque else { return [] }
        var sent: [Exchange] = []
        var events: [HTTPFraming.Event] = []
        requests.feed(bytes, body: Self.requestBody) { events.append($0) }
        for event in events {
            switch event {
            case .head(let head):
                pending.append(Self.pending(head, process: process, at: instant))
                pending[pending.count - 1].exchange.intervention = intervention
            case .body(let bytes): record(bytes, at: pending.indices.last, in: \.requestBody)
            case .end: if let last = pending.last?.exchange, last.isTokenRequest { sent.append(last) }
            }
        }
        return sent
    }

    /// Reads what the server sent. Returns the exchanges that are complete.
    mutating func received(_ bytes: ArraySlice<UInt8>, at instant: Duration) -> [Exchange] {
        guard !responses.isOpaque else { return [] }
        var events: [HTTPFraming.Event] = []
        var methods = pending.map(\.isHead)[...].dropFirst(hasFinalHead ? 1 : 0)
        responses.feed(bytes, body: { Self.responseBody($0, methods: &methods) }) { events.append($0) }
        var complete: [Exchange] = []
        for event in events {
            switch event {
            case .head(let head): begin(head, at: instant)
            case .body(let bytes):
                if hasFinalHead, !pending.isEmpty { pending[0].exchange.bytesReceived += bytes.count }
                if hasFinalHead { record(bytes, at: pending.indices.first, in: \.responseBody) }
            case .end:
                guard hasFinalHead, !pending.isEmpty else { continue }
                hasFinalHead = false
                var exchange = pending.removeFirst().exchange
                exchange.end = instant
                complete.append(exchange)
            }
        }
        return complete
    }

    /// Call it when the connection has ended. Returns the exchanges that were still pending.
    mutating func close(at instant: Duration) -> [Exchange] {
        let isCut = responses.close { _ in }
        guard !requests.isOpaque, !responses.isOpaque else { return [] }
        defer { pending = [] }
        return pending.enumerated().map { index, pending in
            var exchange = pending.exchange
            exchange.end = instant
            exchange.isCut = !(index == 0 && hasFinalHead && !isCut)
            return exchange
        }
    }

    private mutating func begin(_ head: HTTPFraming.Head, at instant: Duration) {
        let status = Self.status(head)
        // 1xx responses precede the final one; 101 makes the connection opaque.
        guard !pending.isEmpty, !(100..<200).contains(status) || status == 101 else { return }
        hasFinalHead = true
        pending[0].exchange.status = status
        pending[0].exchange.firstByte = instant
        pending[0].exchange.requestID = head.value("x-wix-request-id") ?? head.value("x-request-id")
        pending[0].exchange.isFault = head.value("x-development-fault") != nil
        pending[0].exchange.coding = head.value("content-encoding")?.lowercased()
    }

    private mutating func record(
        _ bytes: [UInt8], at index: Int?, in body: WritableKeyPath<Exchange, [UInt8]>
    ) {
        guard let index, pending[index].exchange.isTokenRequest else { return }
        let room = Self.bodyLimit - pending[index].exchange[keyPath: body].count
        pending[index].exchange[keyPath: body] += bytes.prefix(max(room, 0))
    }

    private static func pending(_ head: HTTPFraming.Head, process: Int32, at instant: Duration) -> Pending {
        let words = head.start.split(separator: " ", maxSplits: 2).map(String.init)
        let target = words.count > 1 ? words[1] : "/"
        let exchange = Exchange(
            method: words.first ?? "", path: String(target.prefix { $0 != "?" && $0 != "#" }), process: process,
            start: instant, accessToken: head.value("authorization").flatMap(Self.token))
        return Pending(exchange: exchange, isHead: words.first == "HEAD")
    }

    /// The visitor's token in an `Authorization` field. `nil`: it holds something else, such as an API key of the
    /// account.
    static func token(_ field: String) -> Secret? {
        let words = field.split(separator: " ")
        guard words.count == 1 || words.count == 2 && words[0].lowercased() == "bearer" else { return nil }
        return words.last.flatMap { $0.hasPrefix("IST.") ? nil : Secret(String($0)) }
    }

    static func requestBody(_ head: HTTPFraming.Head) -> HTTPFraming.Body {
        head.start.hasPrefix("CONNECT ") ? .opaque : head.announcedBody ?? .none
    }

    /// RFC 9112, section 6.3.
    private static func responseBody(
        _ head: HTTPFraming.Head, methods: inout ArraySlice<Bool>
    ) -> HTTPFraming.Body {
        let status = status(head)
        if status == 101 { return .opaque }
        if (100..<200).contains(status) { return .none }
        if methods.popFirst() == true || status == 204 || status == 304 { return .none }
        return head.announcedBody ?? .untilClose
    }

    private static func status(_ head: HTTPFraming.Head) -> Int {
        let words = head.start.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }
}

/// What a recorder reports.
enum RecorderEvent: Sendable {
    /// A token request has been sent.
    case sent(Exchange)
    /// An exchange is complete, or its connection has ended.
    case ended(Exchange)
}

/// One request of a running application, and its response.
struct Exchange: Sendable {
    /// What the recorder did to a request.
    enum Intervention: Hashable, Sendable {
        /// Sent with another token in place of this one.
        case substituted(UsedToken)
        /// Refused without sending it.
        case refused
    }

    var method: String

    /// Without the query.
    var path: String
    var process: Int32

    /// The label for a new session, if the request's source determines it.
    var label: String?

    /// The browser tab. `nil`: the recorder has only one source.
    var source: LiveSource?
    var start: Duration

    /// When the response began, or `nil` if there was none.
    var firstByte: Duration?
    var end: Duration = .zero

    /// The token in `Authorization`.
    var accessToken: Secret?
    var status: Int?
    var requestID: String?
    var bytesReceived = 0

    /// Whether the connection ended before the response was complete.
    var isCut = false
    var intervention: Intervention?

    /// Whether the development issuer has injected a fault.
    var isFault = false

    /// The response's content coding, in lower case. `nil`: none.
    var coding: String?

    /// The bodies of a token request. Empty for others.
    var requestBody: [UInt8] = []
    var responseBody: [UInt8] = []

    var duration: Duration { end - start }

    var isTokenRequest: Bool { Self.isTokenRequest(method, target: path) }

    /// - Parameter target: A path, with or without a query.
    static func isTokenRequest(_ method: String, target: String) -> Bool {
        method == "POST" && target.prefix { $0 != "?" && $0 != "#" } == "/oauth2/token"
    }
}
