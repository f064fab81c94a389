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

/// How an issuer writes its answers: what nobody has promised about them.
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
    var delivery = InjectedFaults.Delivery.whole
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
