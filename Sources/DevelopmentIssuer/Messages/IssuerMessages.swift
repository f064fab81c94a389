import Foundation

/// What the development issuer answers: a status and a JSON body.
struct IssuerAnswer: Sendable {
    var status: Int
    var headers: [String: String]
    var body: Data

    init(_ status: Int, _ body: some Encodable, headers: [String: String] = [:]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.status = status
        self.headers = headers
        self.headers["Content-Type"] = "application/json"
        // Nothing that is answered has a number in it that JSON does not have.
        self.body = (try? encoder.encode(body)) ?? Data()
    }
}

extension IssuerAnswer {
    /// Without a body.
    init(_ status: Int, headers: [String: String]) {
        (self.status, self.headers, body) = (status, headers, Data())
    }

    /// The bare shape of an error.
    static func failure(_ status: Int, _ message: String, headers: [String: String] = [:]) -> IssuerAnswer {
        IssuerAnswer(status, ["message": message], headers: headers)
    }

    static func wrongMethod(allowed: String) -> IssuerAnswer {
        .failure(405, "Use \(allowed).", headers: ["Allow": allowed])
    }

    /// Puts something else in the body's place, under the same header fields.
    mutating func garble() {
        body = Data("<html><body>This is not the answer.\u{0}</body></html>".utf8)
    }

    /// OAuth's shape of an error (RFC 6749, section 5.2).
    static func oauthFailure(_ code: String, _ description: String) -> IssuerAnswer {
        IssuerAnswer(400, ["error": code, "error_description": description])
    }

    /// Wix's shape of an error in a field.
    static func violation(field: String, _ description: String) -> IssuerAnswer {
        IssuerAnswer(400, Violation(field: field, description: description))
    }

    private struct Violation: Encodable {
        struct Details: Encodable { var validationError: ValidationError }
        struct ValidationError: Encodable { var fieldViolations: [Field] }
        struct Field: Encodable {
            var field: String
            var description: String
            var violatedRule = "FORMAT"
            var ruleName = "GUID"
        }

        var message: String
        var details: Details

        init(field: String, description: String) {
            message = "\(field) \(description)"
            details = Details(
                validationError: ValidationError(fieldViolations: [Field(field: field, description: description)]))
        }
    }
}

/// The parts of an answer that the protocol leaves open.
struct AnswerStyle: Sendable {
    var hasExpiry = true
    var hasRefreshToken = true
    var writesNumbersAsStrings = false
}

/// A value that some issuers write as a string.
struct LooseValue<Value: Encodable & CustomStringConvertible & Sendable>: Encodable, Sendable {
    var value: Value
    var isString: Bool

    init(_ value: Value, _ style: AnswerStyle) {
        self.value = value
        isString = style.writesNumbersAsStrings
    }

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        if isString { try single.encode(value.description) } else { try single.encode(value) }
    }
}

/// An answer, and how and when it is to travel.
struct IssuerReply: Sendable {
    var answer: IssuerAnswer

    /// The issuer's clock, for the answer's `Date`.
    var date: Date
    var latency = Duration.zero
    var delivery = Delivery.whole

    enum Delivery: Sendable {
        case whole
        /// The connection is closed in the middle of the body.
        case cut
        /// The connection is closed before the answer begins.
        case none
    }
}

/// A request to the development issuer, read to its end.
struct IssuerRequest: Sendable {
    var method: String

    /// Without the query.
    var path: String

    /// By their names in lower case.
    var headers: [String: String] = [:]

    /// `nil` where it was larger than ``bodyLimit``.
    var body: Data?

    /// The largest body that is looked at, in bytes.
    static let bodyLimit = 1 << 20
}

/// The named texts in a request's body: JSON or a form, with names in camelCase or snake_case.
struct RequestFields {
    private let values: [String: String]

    /// `nil` where the body is neither a JSON object nor a form. No body at all has no fields.
    ///
    /// The content type decides; without one, the body's first character does.
    init?(_ body: Data, contentType: String?) {
        let type = contentType?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
        let looksLikeJSON = body.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
        if body.isEmpty {
            values = [:]
        } else if type == "application/x-www-form-urlencoded", !looksLikeJSON {
            values = Self.form(String(decoding: body, as: UTF8.self))
        } else if let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] {
            values = object.reduce(into: [:]) { $0[Self.plain($1.key)] = $1.value as? String }
        } else {
            return nil
        }
    }

    /// The field of this name, given in camelCase. `nil` where it is missing or no text.
    subscript(name: String) -> String? {
        values[Self.plain(name)]
    }

    private static func plain(_ name: String) -> String {
        name.filter { $0 != "_" }.lowercased()
    }

    private static func form(_ text: String) -> [String: String] {
        text.split(separator: "&").reduce(into: [:]) { values, field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(unescaped)
            if let name = parts.first { values[plain(name)] = parts.count > 1 ? parts[1] : "" }
        }
    }

    private static func unescaped(_ text: Substring) -> String {
        let text = String(text.map { $0 == "+" ? " " : $0 })
        return text.removingPercentEncoding ?? text
    }
}
