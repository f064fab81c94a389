import CCurl
import Foundation

extension HTTPTransportError {
    /// What it means that libcurl ended `transfer` with `code` (libcurl's documentation, "libcurl-errors").
    init(_ code: CURLcode, of transfer: CurlTransfer) {
        let host = Self.host(transfer.request.url)
        let isSent = transfer.mayHaveReachedServer
        let (kind, message): (Kind, String) =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: (.unknownHost, "Can't resolve \(host).")
            case CURLE_COULDNT_RESOLVE_PROXY: (.unknownHost, "Can't resolve the proxy's name.")
            case CURLE_COULDNT_CONNECT: (.refusedConnection, "Can't connect to \(host): \(Self.reason(transfer)).")
            case CURLE_OPERATION_TIMEDOUT: (.timedOut, "\(host) didn't accept a connection in time.")
            case CURLE_SSL_CACERT_BADFILE:
                (.untrusted, "The trusted certificates can't be read. Install ca-certificates, or set SSL_CERT_FILE.")
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
                (.untrusted, "The TLS certificate of \(host) isn't trusted.")
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CLIENTCERT,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED,
                CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE,
                CURLE_SSL_SHUTDOWN_FAILED:
                (.untrusted, "No TLS connection to \(host) could be made.")
            case CURLE_FILESIZE_EXCEEDED:
                (.oversize, "The answer of \(host) is too large to be read.")
            case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED:
                (.unsendable, "A request can't be sent to this address.")
            case _ where !isSent: (.lostConnection, "The connection to \(host) was lost before the request was sent.")
            default: (.lostConnection, "\(host) closed the connection before its answer was complete.")
            }
        self.init(kind, message, mayHaveReachedServer: isSent)
    }

    static var cancelled: HTTPTransportError {
        HTTPTransportError(.cancelled, "The request was cancelled.")
    }

    static func timedOut(_ url: URL) -> HTTPTransportError {
        HTTPTransportError(.timedOut, "\(host(url)) didn't answer in time.")
    }

    static func oversize(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(.oversize, "The answer of \(host(url)) is larger than the \(limit) bytes that are read.")
    }

    static func oversizedHead(_ url: URL, limit: Int) -> HTTPTransportError {
        HTTPTransportError(
            .oversize, "The headers in the answer of \(host(url)) are larger than the \(limit) bytes that are read.")
    }

    private static func reason(_ transfer: CurlTransfer) -> String {
        switch transfer.systemError {
        case 0: "no connection could be made"
        case ECONNREFUSED: "connection refused"
        case let number: String(cString: strerror(number)).lowercased()
        }
    }

    private static func host(_ url: URL) -> String {
        let host = SafeText.shown(url.host() ?? "The server", limit: 100)
        let name = host.contains(":") ? "[\(host)]" : host
        return url.port.map { "\(name):\($0)" } ?? name
    }
}
