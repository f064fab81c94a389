import Foundation

/// Decides every response. A pure value: the issuer's state is passed in and out.
struct IssuerRules: Sendable {
    var mint: TokenMint

    /// Whether a refresh token can be used once and is then replaced (RFC 6749, section 6).
    var rotate: Bool

    func plan(for request: IssuerRequest, at now: Date, _ state: inout IssuerState) -> ResponsePlan {
        if !request.path.hasPrefix("/development/") { state.counts.requests += 1 }
        guard let body = request.body else {
            return ResponsePlan(
                response: .failure(413, "The body is larger than \(IssuerRequest.bodyLimit) bytes."), date: now)
        }
        let fields = RequestFields(body, contentType: request.headers["content-type"])
        let faults = RequestKind(request, fields).map { state.injectedFaults(for: $0) } ?? InjectedFaults()
        let instant = now.addingTimeInterval(Double(faults.skew.components.seconds))
        var plan = ResponsePlan(
            response: faults.refusal ?? .failure(503, ""), date: instant, latency: faults.latency,
            delivery: faults.delivery)
        if faults.refusal == nil, !faults.dropsRequest {
            plan.response = response(request, body, fields, faults, at: instant, &state)
        }
        if faults.garblesBody { plan.response.garble() }
        if !faults.isEmpty { plan.response.headers["X-Development-Fault"] = "injected" }
        return plan
    }

    private func response(
        _ request: IssuerRequest, _ body: Data, _ fields: RequestFields?, _ faults: InjectedFaults, at now: Date,
        _ state: inout IssuerState
    ) -> IssuerResponse {
        switch request.path {
        case "/oauth2/token":
            post(request, fields) { token($0, faults, at: now, &state) }
        case "/oauth2/token-info":
            post(request, fields) { tokenInfo($0, faults.style, at: now, state) }
        case "/development/revoke":
            post(request, fields) { revoke($0, &state) }
        case "/development/faults":
            changeFaults(request, body, &state)
        case "/development/stats":
            request.method == "GET" ? IssuerResponse(200, state.counts) : .methodNotAllowed(allowed: "GET")
        case let path where ["/oauth2/", "/development/"].contains(where: path.hasPrefix):
            .failure(404, "Not found.")
        case _ where request.isForAPI:
            echo(request, body, at: now, state)
        default:
            .failure(404, "Not found. Requests to API paths need an access token.")
        }
    }

    private func post(
        _ request: IssuerRequest, _ fields: RequestFields?, _ respond: (RequestFields) -> IssuerResponse
    ) -> IssuerResponse {
        guard request.method == "POST" else { return .methodNotAllowed(allowed: "POST") }
        guard let fields else { return .failure(400, "The body must be a JSON object or a form.") }
        return respond(fields)
    }
}

extension IssuerRules {
    /// Lists (GET), adds (POST), replaces (PUT) or clears (DELETE) the faults, and responds with the current list.
    func changeFaults(_ request: IssuerRequest, _ body: Data, _ state: inout IssuerState) -> IssuerResponse {
        switch request.method {
        case "GET": break
        case "DELETE": state.faults = []
        case "POST", "PUT":
            guard let texts = Self.texts(body) else {
                return .failure(
                    400, #"Send one fault per line, or {"faults":["drop@1:renew"]}. Faults: \#(Fault.grammar)."#)
            }
            do {
                let faults = try texts.map { text throws(UnknownFault) in try Fault(text) }
                state.faults = (request.method == "POST" ? state.faults : []) + faults
            } catch {
                return .failure(400, error.description)
            }
        default: return .methodNotAllowed(allowed: "GET, POST, PUT, DELETE")
        }
        return IssuerResponse(200, ["faults": state.faults.map(\.description)])
    }

    /// The faults in a body that has one per line, or is JSON. `nil`: JSON of another shape. Ignores the content type:
    /// `curl -d` labels everything a form.
    private static func texts(_ body: Data) -> [String]? {
        let text = String(decoding: body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("{") || text.hasPrefix("[") else {
            return text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let decoder = JSONDecoder()
        return (try? decoder.decode([String].self, from: body))
            ?? (try? decoder.decode([String: [String]].self, from: body))?["faults"]
    }
}
