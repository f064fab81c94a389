import Foundation

/// Decides what a request is answered with: the one place where that happens, and a pure value.
struct IssuerRules: Sendable {
    var mint: TokenMint

    /// Whether a refresh token works once, and is replaced by a new one.
    var rotate: Bool

    func reply(to request: IssuerRequest, at now: Date, _ state: inout IssuerState) -> IssuerReply {
        if !request.path.hasPrefix("/development/") { state.counts.requests += 1 }
        guard let body = request.body else {
            return IssuerReply(
                answer: .failure(413, "The body is larger than \(IssuerRequest.bodyLimit) bytes."), date: now)
        }
        let fields = RequestFields(body, contentType: request.headers["content-type"])
        let faults = RequestKind(request, fields).map { state.apply($0) } ?? InjectedFaults()
        let instant = now.addingTimeInterval(Double(faults.skew.components.seconds))
        var reply = IssuerReply(
            answer: faults.refusal ?? .failure(503, ""), date: instant, latency: faults.latency,
            delivery: faults.delivery)
        if faults.refusal == nil, !faults.dropsRequest {
            reply.answer = answer(request, body, fields, faults, at: instant, &state)
        }
        if faults.isGarbled { reply.answer.garble() }
        return reply
    }

    private func answer(
        _ request: IssuerRequest, _ body: Data, _ fields: RequestFields?, _ faults: InjectedFaults, at now: Date,
        _ state: inout IssuerState
    ) -> IssuerAnswer {
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
            request.method == "GET" ? IssuerAnswer(200, state.counts) : .wrongMethod(allowed: "GET")
        case let path where path.hasPrefix("/api/"):
            echo(request, body, at: now, state)
        default:
            .failure(404, "There is nothing at this path.")
        }
    }

    private func post(
        _ request: IssuerRequest, _ fields: RequestFields?, _ answer: (RequestFields) -> IssuerAnswer
    ) -> IssuerAnswer {
        guard request.method == "POST" else { return .wrongMethod(allowed: "POST") }
        guard let fields else { return .failure(400, "The body is neither a JSON object nor a form.") }
        return answer(fields)
    }
}

extension IssuerRules {
    /// Shows the faults (GET), adds to them (POST), sets others in their place (PUT), or clears them (DELETE), and answers
    /// with those that are set then.
    func changeFaults(_ request: IssuerRequest, _ body: Data, _ state: inout IssuerState) -> IssuerAnswer {
        switch request.method {
        case "GET": break
        case "DELETE": state.plan = FaultPlan()
        case "POST", "PUT":
            guard let texts = Self.texts(body) else {
                return .failure(
                    400, #"Give one fault a line, or JSON: {"faults":["drop@1:renew"]}. There are: \#(Fault.grammar)."#)
            }
            do {
                let faults = try texts.map { text throws(UnknownFault) in try Fault(text) }
                state.plan = FaultPlan((request.method == "POST" ? state.plan.faults : []) + faults)
            } catch {
                return .failure(400, error.description)
            }
        default: return .wrongMethod(allowed: "GET, POST, PUT, DELETE")
        }
        return IssuerAnswer(200, ["faults": state.plan.faults.map(\.description)])
    }

    /// `nil` where the body is JSON of another shape. Whatever its content type says: `curl -d` calls all a form.
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
