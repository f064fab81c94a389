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
