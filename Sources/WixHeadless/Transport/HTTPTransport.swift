public import Foundation

/// Sends HTTP requests. Implement it to use an HTTP client of your own.
public protocol HTTPTransport: Sendable {
    /// Sends `request` once and returns the whole response, whatever its status. Redirects aren't followed.
    ///
    /// Throws if there is no complete response; the error says whether the server may have received the request.
    /// Cancelling the task ends the exchange immediately and throws ``HTTPTransportError/Kind-swift.enum/cancelled``.
    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse
}

/// A complete request (RFC 9110, section 3.4). Descriptions leave out its body and headers, which contain tokens.
public struct HTTPRequest: Sendable {
    public var method: String
    public var url: URL

    /// Sent in this order, including fields of the same name (RFC 9110, section 5.3).
    public var headers: [(name: String, value: String)]
    public var body: Data?

    /// The limit for the exchange. `nil`: the transport's limit.
    public var timeLimit: Duration?

    public init(_ method: String, _ url: URL, headers: [(name: String, value: String)] = [], body: Data? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        "\(method) \(url.host() ?? "")\(url.path()) (\(body?.count ?? 0) bytes)"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A complete response (RFC 9110, section 3.4). Descriptions leave out its body, which contains tokens.
public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    public var body: Data

    /// By lowercase name.
    public private(set) var headers: [String: String]

    /// - Parameter headers: If names differ only in case, one of the fields is kept.
    public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.body = body
        self.headers = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
    }

    /// The value of a header field; names are case-insensitive. `nil` if it's missing or empty.
    public func header(_ name: String) -> String? {
        headers[name.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(status) (\(body.count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a request has no complete response.
public struct HTTPTransportError: Error, Hashable, Sendable {
    public enum Kind: String, Sendable, Hashable {
        /// The request is invalid.
        case unsendable
        /// This machine lacks a library that sending requires.
        case unavailable
        /// The host name can't be resolved.
        case unknownHost
        /// The server, or a proxy or firewall, refused the connection.
        case refusedConnection
        /// No trusted TLS connection could be established.
        case untrusted
        /// No complete response arrived in time.
        case timedOut
        /// The connection was closed before the response was complete, or failed for an unknown reason.
        case lostConnection
        /// The response exceeds the size limit.
        case oversize
        /// The task was cancelled.
        case cancelled
    }

    public var kind: Kind

    /// One safe sentence, which contains nothing of the request but the server's name.
    public var message: String

    /// Whether the server may have received the request and acted on it.
    public var mayHaveReachedServer: Bool

    /// - Parameter mayHaveReachedServer: `nil`: the usual value for this kind.
    public init(_ kind: Kind, _ message: String, mayHaveReachedServer: Bool? = nil) {
        self.kind = kind
        self.message = message
        self.mayHaveReachedServer = mayHaveReachedServer ?? kind.usuallyReachesServer
    }
}

extension HTTPTransportError.Kind {
    fileprivate var usuallyReachesServer: Bool {
        switch self {
        case .unsendable, .unavailable, .unknownHost, .refusedConnection, .untrusted: false
        case .timedOut, .lostConnection, .oversize, .cancelled: true
        }
    }
}

extension HTTPTransportError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { message }
    public var debugDescription: String { "\(message) · \(kind.rawValue)" }
}
