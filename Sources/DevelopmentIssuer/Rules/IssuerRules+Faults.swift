import Foundation

extension IssuerRules {
    /// Shows the faults (GET), adds to them (POST), sets others in their place (PUT), or clears them (DELETE), and answers
    /// with those that are set then.
    func faults(_ request: IssuerRequest, _ body: Data, _ state: inout IssuerState) -> IssuerAnswer {
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
