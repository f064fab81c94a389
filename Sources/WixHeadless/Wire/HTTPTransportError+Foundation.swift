import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

extension HTTPTransportError {
    /// What `error`, a failure of `URLSession`, means. An error that is not known may have come at any time, so
    /// also after the server has seen the request.
    init(_ error: any Error, _ url: URL) {
        let host = Self.host(url)
        switch (error as? URLError)?.code {
        case .cannotConnectToHost?:
            self.init(.refusedConnection, "\(host) takes no connection.")
        case .cannotFindHost?, .dnsLookupFailed?:
            self.init(.unknownHost, "There is no address for \(host).")
        case .notConnectedToInternet?:
            self.init(.refusedConnection, "There is no network on which to reach \(host).")
        case .secureConnectionFailed?, .serverCertificateUntrusted?, .serverCertificateHasBadDate?,
            .serverCertificateHasUnknownRoot?, .serverCertificateNotYetValid?, .clientCertificateRejected?,
            .clientCertificateRequired?, .appTransportSecurityRequiresSecureConnection?:
            self.init(.untrusted, "There is no trustworthy TLS connection to \(host).")
        case .badURL?:
            self.init(.unsendable, "A request to this address cannot be sent.")
        case .timedOut?: self = .timedOut(url)
        case .cancelled?: self = .cancelled
        case .dataLengthExceedsMaximum?: self.init(.oversize, "The answer of \(host) is too large to be read.")
        case .unknown? where Self.isHandshakeFailure(error.localizedDescription):
            self.init(.untrusted, "There is no trustworthy TLS connection to \(host).")
        // `unsupportedURL` too: on Linux it stands for an answer that is no HTTP.
        default: self = .lostConnection(url)
        }
    }

    static var cancelled: HTTPTransportError {
        HTTPTransportError(.cancelled, "The request was cancelled.")
    }

    static func timedOut(_ url: URL) -> HTTPTransportError {
        HTTPTransportError(.timedOut, "\(host(url)) did not answer in time.")
    }

    static func lostConnection(_ url: URL) -> HTTPTransportError {
        HTTPTransportError(.lostConnection, "The connection to \(host(url)) ended before its answer did.")
    }

    static func oversize(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(.oversize, "The answer of \(host(url)) is larger than the \(limit) bytes that are read.")
    }

    /// The same failure of a request that never left.
    static func notSent(_ error: HTTPTransportError) -> HTTPTransportError {
        HTTPTransportError(error.kind, error.message, mayHaveReachedServer: false)
    }

    /// On Linux Foundation passes on libcurl's sentence alone. Only those that libcurl says before anything is
    /// sent count; a failure to read or write over TLS comes later.
    private static func isHandshakeFailure(_ sentence: String) -> Bool {
        guard !sentence.contains("SSL_read"), !sentence.contains("SSL_write") else { return false }
        return [
            "SSL certificate problem", "certificate verification failed", "SSL: no alternative certificate",
            "SSL: certificate subject name", "SSL_connect", "gnutls_handshake", "TLS connect error", "SSL routines",
        ].contains { sentence.contains($0) }
    }

    private static func host(_ url: URL) -> String {
        let host = SafeText.shown(url.host() ?? "The server", limit: 100)
        return url.port.map { "\(host):\($0)" } ?? host
    }
}
