public import Foundation

/// What carries requests to a server: the port behind which a program brings its own HTTP client.
public protocol HTTPTransport: Sendable {
    /// Sends `request` once, and returns the whole answer, whatever its status: a redirect is an answer, and is
    /// not followed.
    ///
    /// Throwing means that there is no whole answer, and says whether the server may have seen the request.
    /// Cancelling the task ends the exchange at once and throws ``HTTPTransportError/Kind-swift.enum/cancelled``.
    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse
}

/// A request, whole and ready to be sent (RFC 9110, section 3.4).
///
/// Its body and its header fields carry tokens: no description shows them.
public struct HTTPRequest: Hashable, Sendable {
    public var method: String
    public var url: URL

    /// In the order in which they were given; a later field of the same name replaces an earlier one.
    public var headers: [(name: String, value: String)] {
        get { fields.map { ($0.name, $0.value) } }
        set { fields = newValue.map { Field(name: $0.name, value: $0.value) } }
    }

    public var body: Data?

    /// How long the exchange may take. `nil`: as long as the transport allows.
    public var timeLimit: Duration?

    private var fields: [Field]

    private struct Field: Hashable {
        var name: String
        var value: String
    }

    public init(_ method: String, _ url: URL, headers: [(name: String, value: String)] = [], body: Data? = nil) {
        self.method = method
        self.url = url
        self.fields = headers.map { Field(name: $0.name, value: $0.value) }
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

/// An answer, whole (RFC 9110, section 3.4).
///
/// Its body carries tokens: no description shows it.
public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    public var body: Data

    /// By their names in lower case.
    private var fields: [String: String]

    /// - Parameter headers: Of several fields whose names differ in case alone, any one is kept.
    public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.body = body
        self.fields = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
    }

    /// The value of a header field, named in any case. `nil` where there is none or it is empty.
    public func header(_ name: String) -> String? {
        fields[name.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// All header fields, by their names in lower case.
    public var headers: [String: String] {
        fields
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(status) (\(body.count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there is no whole answer to a request.
public struct HTTPTransportError: Error, Hashable, Sendable {
    public enum Kind: String, Sendable, Hashable {
        /// The request can't be sent as it is.
        case unsendable
        /// This machine lacks what it takes to send requests.
        case unavailable
        /// The server's name has no address.
        case unknownHost
        /// The server, or something before it, accepts no connection.
        case refusedConnection
        /// No trusted TLS connection could be made.
        case untrusted
        /// No whole answer came in time.
        case timedOut
        /// The connection ended before the answer did, or in some way that is not known.
        case lostConnection
        /// The answer is larger than is read.
        case oversize
        /// The task was cancelled.
        case cancelled
    }

    public var kind: Kind

    /// One safe sentence. It names the server at most.
    public var message: String

    /// Whether the server may have seen the request, and may have done what it asks for.
    public var mayHaveReachedServer: Bool

    /// - Parameter mayHaveReachedServer: `nil`: as is usual for this kind.
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

extension HTTPResponse {
    /// The server's clock when it answered (RFC 9110, section 6.6.1). `nil`: unknown.
    public var serverDate: Date? {
        header("Date").flatMap { HTTPTime.date($0, now: Date()) }
    }
}
