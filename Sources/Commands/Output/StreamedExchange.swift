import Foundation
import VisitorSessions
import WixHeadless

/// One request whose answer goes to standard output as it arrives, and whose body may come from a file, however large they are.
struct StreamedExchange {
    let transport: AnnouncingTransport

    struct Answer {
        var status: Int
        var requestID: String?

        /// The body of an answer that may be about the token, with status 400 or 401: held back, because the request may be
        /// sent once more.
        var heldBody: Data?

        var isAboutExpiredToken: Bool {
            heldBody.map { ExpiredToken.isMeant(byStatus: status, body: $0) } ?? false
        }
    }

    /// The largest answer that is held back, in bytes: an error's.
    private static let heldLimit = 1 << 20

    /// - Parameter body: What is sent as the body, in place of the request's own.
    func send(_ request: HTTPRequest, body: HTTPFileBody?, token: Secret) async throws -> Answer {
        var request = request
        request.headers.removeAll { $0.name.lowercased() == "authorization" }
        request.headers.append(("Authorization", token.reveal()))
        let stream = try await transport.open(request, body: body)
        defer { stream.cancel() }
        var answer = Answer(status: stream.head.status, requestID: stream.head.header("x-wix-request-id"))
        var held = Data()
        var isHolding = [400, 401].contains(answer.status)
        while let piece = try await stream.next() {
            held.append(piece)
            isHolding = isHolding && held.count <= Self.heldLimit
            guard !isHolding else { continue }
            try StandardOutput.write(held)
            held = Data()
        }
        if isHolding { answer.heldBody = held }
        return answer
    }
}
