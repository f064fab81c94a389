import FlyingFox
import Foundation

/// Carries requests from the HTTP server to the rules, and their answers back.
struct IssuerHandler: HTTPHandler {
    let rules: IssuerRules
    let gauge: RequestGauge

    /// `nil` where the issuer is gone.
    let reply: @Sendable (IssuerRules, IssuerRequest) -> IssuerReply?

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        gauge.enter()
        defer { gauge.leave() }
        let headers = Dictionary(request.headers.map { ($0.key.rawValue.lowercased(), $0.value) }) { first, _ in first }
        let received = IssuerRequest(
            method: request.method.rawValue, path: request.target.path(percentEncoded: true), headers: headers,
            body: try await Self.body(request.bodySequence))
        guard let reply = reply(rules, received) else { return HTTPResponse(statusCode: .serviceUnavailable) }
        if reply.latency > .zero { try await Task.sleep(for: reply.latency) }
        return response(reply, to: request)
    }

    private func response(_ reply: IssuerReply, to request: HTTPRequest) -> HTTPResponse {
        let body = request.method == .HEAD ? Data() : reply.answer.body
        let payload: HTTPBodySequence
        switch reply.delivery {
        case .whole: payload = HTTPBodySequence(data: body)
        case .cut: payload = HTTPBodySequence(from: CutBody(bytes: body.prefix(body.count / 2)), count: body.count)
        case .none: return HTTPResponse(webSocket: ClosedConnection())
        }
        let status = reply.answer.status
        var response = HTTPResponse(
            statusCode: HTTPStatusCode(status, phrase: Self.phrase(status)), body: payload)
        for (name, value) in reply.answer.headers { response.headers[HTTPHeader(name)] = value }
        response.headers[HTTPHeader("Date")] = IMFDate.text(reply.date)
        response.headers[HTTPHeader("x-wix-request-id")] =
            "\(Int(reply.date.timeIntervalSince1970)).\(UInt64.random(in: 1_000_000_000...(.max)))"
        return response
    }

    /// A body that is too large is read to its end all the same, and forgotten: otherwise its sender would still
    /// be writing when the answer comes, and never see it.
    private static func body(_ sequence: HTTPBodySequence) async throws -> Data? {
        var body: Data? = Data()
        for try await piece in sequence {
            if let size = body?.count, size + piece.count > IssuerRequest.bodyLimit { body = nil }
            body?.append(piece)
        }
        return body
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        default: "Status"
        }
    }
}
