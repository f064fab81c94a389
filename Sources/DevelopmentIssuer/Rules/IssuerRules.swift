import Foundation

/// Decides what a request is answered with: the one place where that happens, and a pure value.
struct IssuerRules: Sendable {
    var mint: TokenMint

    /// Whether a refresh token works once, and is replaced by a new one.
    var rotate: Bool

    func answer(_ request: IssuerRequest, at now: Date, _ state: inout IssuerState) -> IssuerAnswer {
        if !request.path.hasPrefix("/development/") { state.counts.requests += 1 }
        guard let body = request.body else {
            return .failure(413, "The body is larger than \(IssuerRequest.bodyLimit) bytes.")
        }
        switch request.path {
        case "/oauth2/token":
            return post(request, body) { token($0, at: now, &state) }
        case "/oauth2/token-info":
            return post(request, body) { tokenInfo($0, at: now, state) }
        case "/development/revoke":
            return post(request, body) { revoke($0, &state) }
        case "/development/stats":
            guard request.method == "GET" else { return .failure(405, "Use GET.", headers: ["Allow": "GET"]) }
            return IssuerAnswer(200, state.counts)
        case let path where path.hasPrefix("/api/"):
            return echo(request, body, at: now, state)
        default:
            return .failure(404, "There is nothing at this path.")
        }
    }

    private func post(
        _ request: IssuerRequest, _ body: Data, _ answer: (RequestFields) -> IssuerAnswer
    ) -> IssuerAnswer {
        guard request.method == "POST" else { return .failure(405, "Use POST.", headers: ["Allow": "POST"]) }
        guard let fields = RequestFields(body, contentType: request.headers["content-type"]) else {
            return .failure(400, "The body is neither a JSON object nor a form.")
        }
        return answer(fields)
    }
}
