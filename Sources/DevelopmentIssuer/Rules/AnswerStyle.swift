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
