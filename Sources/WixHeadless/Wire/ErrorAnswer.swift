/// What a failing answer says, in any of the three shapes that are known (Wix documentation; RFC 6749,
/// section 5.2), or in none.
struct ErrorAnswer {
    /// OAuth's `error`, or the code of Wix's application error.
    var code: String?

    /// What is said for people: untrusted.
    var message: String?

    /// The names of the fields that Wix found wrong.
    var fields: [String] = []

    init(_ json: JSONValue?) {
        guard let json else { return }
        let details = json["details"]
        let application = details?["applicationError"]
        code = Self.first(json["error"]?.string, application?["code"]?.string)
        message = Self.first(
            json["error_description"]?.string, json["message"]?.string, application?["description"]?.string)
        guard case .array(let violations)? = details?["validationError"]?["fieldViolations"] else { return }
        fields = violations.compactMap { $0["field"]?.string }
        message = Self.first(message, violations.lazy.compactMap { $0["description"]?.string }.first)
        said += violations.compactMap { $0["description"]?.string }
    }

    private var said: [String] = []

    /// Whether it names the OAuth error `name`: as its code or, where it has no OAuth code, as a word of what it
    /// says.
    func names(_ name: String) -> Bool {
        if let code, Self.oauthCodes.contains(code.lowercased()) { return code.lowercased() == name }
        return ([code, message].compactMap(\.self) + said).contains { text in
            text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == name }
        }
    }

    /// Whether it complains about the client ID: Wix names an invalid GUID or app ID then.
    var blamesClientID: Bool {
        if !fields.isEmpty { return fields.contains { Self.clientFields.contains($0.lowercased()) } }
        let text = (message ?? "").lowercased()
        guard !text.contains("refresh") else { return false }
        return ["guid", "app id", "appid", "client id", "clientid", "client_id"].contains { text.contains($0) }
    }

    private static let clientFields: Set<String> = ["clientid", "client_id", "appid", "app_id"]

    /// RFC 6749, section 5.2.
    private static let oauthCodes: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope",
    ]

    private static func first(_ texts: String?...) -> String? {
        texts.lazy.compactMap(\.self).first { !$0.isEmpty }
    }
}
