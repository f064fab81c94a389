public import Foundation

/// One thing that a token says: a name and a value. Untrusted: nobody has verified it.
public struct Claim: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case text(String)
        /// The number as it was written.
        case number(String)
        /// On the issuer's clock.
        case date(Date)
        case bool(Bool)
        case null
        /// A list, or an empty object, as JSON in one line.
        case json(String)
    }

    /// The path to the value, such as `data.instance.aid`; in one line, without invisible characters.
    public var name: String
    public var value: Value

    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

extension Claim.Value: CustomStringConvertible {
    /// The value in one line of at most 1,000 characters, without invisible characters; a date in ISO 8601, UTC.
    public var description: String {
        switch self {
        case .text(let text), .number(let text), .json(let text): SafeText.shown(text, limit: 1000)
        case .date(let date): date.formatted(.iso8601)
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        }
    }
}
