/// What carries requests to a server: the port behind which a program brings its own HTTP client.
public protocol HTTPTransport: Sendable {
    /// Sends `request` once, and returns the whole answer, whatever its status: a redirect is an answer, and is
    /// not followed.
    ///
    /// Throwing means that there is no whole answer, and says whether the server may have seen the request.
    /// Cancelling the task ends the exchange at once and throws ``HTTPTransportError/Kind-swift.enum/cancelled``.
    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse
}
