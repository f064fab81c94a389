import Foundation

/// A response with a JSON body.
struct IssuerResponse: Sendable {
    var status: Int
    var headers: [String: String]
    var body: Data

    init(_ status: Int, _ body: some Encodable, headers: [String: String] = [:]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.status = status
        self.headers = headers
        self.headers["Content-Type"] = "application/json"
        // Can't fail: no response contains a number that JSON can't represent.
        self.body = (try? encoder.encode(body)) ?? Data()
    }
}

extension IssuerResponse {
    /// Creates a response without a body.
    init(_ status: Int, headers: [String: String]) {
        (self.status, self.headers, body) = (status, headers, Data())
    }

    /// The plain error format, `{"message": …}`.
    static func failure(_ status: Int, _ message: String, headers: [String: String] = [:]) -> IssuerResponse {
        IssuerResponse(status, ["message": message], headers: headers)
    }

    static func methodNotAllowed(allowed: String) -> IssuerResponse {
        .failure(405, "Use \(allowed).", headers: ["Allow": allowed])
    }

    /// Replaces the body and keeps the headers.
    mutating func garble() {
        body = Data("<html><body>Not a token response.\u{0}</body></html>".utf8)
    }

    /// OAuth's error format (RFC 6749, section 5.2).
    static func oauthFailure(_ code: String, _ description: String) -> IssuerResponse {
        IssuerResponse(400, ["error": code, "error_description": description])
    }

    /// Wix's error format for an invalid field.
    static func violation(field: String, _ description: String) -> IssuerResponse {
        let violation = ["field": field, "description": description, "violatedRule": "FORMAT", "ruleName": "GUID"]
        return IssuerResponse(
            400,
            Violation(
                message: "\(field) \(description)", details: ["validationError": ["fieldViolations": [violation]]]))
    }

    private struct Violation: Encodable {
        var message: String
        var details: [String: [String: [[String: String]]]]
    }
}

/// The parts of a token response that an issuer may leave out or write differently.
struct ResponseStyle: Sendable {
    var hasExpiry = true
    var hasRefreshToken = true
    var writesNumbersAsStrings = false
}

/// A value that may be written as a string.
struct LooseValue<Value: Encodable & CustomStringConvertible & Sendable>: Encodable, Sendable {
    var value: Value
    var isString: Bool

    init(_ value: Value, _ style: ResponseStyle) {
        self.value = value
        isString = style.writesNumbersAsStrings
    }

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        if isString { try single.encode(value.description) } else { try single.encode(value) }
    }
}

/// A response, and when and how much of it is sent.
struct ResponsePlan: Sendable {
    var response: IssuerResponse

    /// The issuer's clock, sent as `Date`.
    var date: Date
    var latency = Duration.zero
    var delivery = Delivery.whole

    /// The status, and what happens to the response.
    var summary: String {
        switch delivery {
        case .whole: "\(response.status)"
        case .truncated: "\(response.status), cut off"
        case .none: "no response"
        }
    }

    enum Delivery: Sendable {
        case whole
        /// Closes the connection halfway through the body.
        case truncated
        /// Closes the connection without a response.
        case none
    }
}

/// A complete request.
struct IssuerRequest: Sendable {
    var method: String

    /// Without the query.
    var path: String

    /// By lowercase name.
    var headers: [String: String] = [:]

    /// `nil` if it was larger than ``bodyLimit``.
    var body: Data?

    /// In bytes.
    static let bodyLimit = 1 << 20
}

/// The string fields of a request body: JSON or a form, with camelCase or snake_case names.
struct RequestFields {
    private let values: [String: String]

    /// `nil` if the body is neither a JSON object nor a form. An empty body has no fields.
    ///
    /// A body that starts with `{` is JSON whatever the content type says: `curl -d` labels everything a form.
    init?(_ body: Data, contentType: String?) {
        let type = contentType?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
        let looksLikeJSON = body.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
        if body.isEmpty {
            values = [:]
        } else if type == "application/x-www-form-urlencoded", !looksLikeJSON {
            values = Self.form(String(decoding: body, as: UTF8.self))
        } else if let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] {
            values = object.reduce(into: [:]) { $0[Self.normalized($1.key)] = $1.value as? String }
        } else {
            return nil
        }
    }

    /// The field with this camelCase name. `nil` if it's missing or not a string.
    subscript(name: String) -> String? {
        values[Self.normalized(name)]
    }

    private static func normalized(_ name: String) -> String {
        name.filter { $0 != "_" }.lowercased()
    }

    private static func form(_ text: String) -> [String: String] {
        text.split(separator: "&").reduce(into: [:]) { values, field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(unescaped)
            if let name = parts.first { values[normalized(name)] = parts.count > 1 ? parts[1] : "" }
        }
    }

    private static func unescaped(_ text: Substring) -> String {
        let text = String(text.map { $0 == "+" ? " " : $0 })
        return text.removingPercentEncoding ?? text
    }
}

/// Why the development issuer can't start, in one sentence.
public struct DevelopmentIssuerError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
