import Foundation
import Synchronization
import WixHeadless

/// Returns the same outcome for every request and records the requests.
final class ScriptedTransport: HTTPTransport {
    private let outcome: Result<HTTPResponse, HTTPTransportError>
    private let sent = Mutex<[HTTPRequest]>([])

    init(_ outcome: Result<HTTPResponse, HTTPTransportError>) {
        self.outcome = outcome
    }

    convenience init(_ status: Int, _ body: String = "", headers: [String: String] = [:]) {
        self.init(.success(HTTPResponse(status: status, headers: headers, body: Data(body.utf8))))
    }

    var requests: [HTTPRequest] { sent.withLock(\.self) }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        sent.withLock { $0.append(request) }
        return try outcome.get()
    }
}
