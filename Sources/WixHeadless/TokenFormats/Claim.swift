public import Foundation

/// A claim of a token: a name and a value. Untrusted and unverified.
public struct Claim: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case text(String)
        /// As written.
        case number(String)
        /// On the issuer's clock.
        case date(Date)
        case bool(Bool)
        case null
        /// A list or an empty object, as JSON on one line.
        case json(String)
    }

    /// The path to the value, such as `data.instance.aid`, on one line without invisible characters.
    public var name: String
    public var value: Value

    /// The names of the enclosing objects, outermost first, followed by the value's own name. Each is as safe to show
    /// as ``name``.
    public var path: [String]

    /// - Parameter path: By default the name.
    public init(_ name: String, _ value: Value, path: [String]? = nil) {
        self.name = name
        self.value = value
        self.path = path ?? [name]
    }
}

extension Claim.Value: CustomStringConvertible {
    /// The value on one line of at most 1,000 characters, without invisible characters; dates in ISO 8601, UTC.
    public var description: String {
        switch self {
        case .text(let text), .number(let text), .json(let text): SafeText.shown(text, limit: 1000)
        case .date(let date): date.formatted(.iso8601)
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        }
    }
}

/// The claims in a part of a token, flattened, in order.
struct ClaimList {
    /// Claims that are times in seconds (RFC 7519, section 4.1; OpenID Connect), and times in Wix's instance, whose
    /// format isn't documented.
    private static let times: Set<String> = ["iat", "exp", "nbf", "auth_time", "signDate", "expirationDate"]

    /// The maximum number of claims. Further ones are left out.
    private static let limit = 500

    private(set) var claims: [Claim] = []

    init(_ json: JSONValue) {
        guard case .object(let members) = json else { return }
        for member in members { add(member.value, at: [member.name]) }
    }

    private mutating func add(_ value: JSONValue, at path: [String]) {
        if case .object(let members) = value, !members.isEmpty {
            for member in members { add(member.value, at: path + [member.name]) }
        } else if claims.count < Self.limit {
            let name = SafeText.shown(path.joined(separator: "."))
            claims.append(Claim(name, Self.shown(value, path.last ?? ""), path: path.map { SafeText.shown($0) }))
        }
    }

    private static func shown(_ value: JSONValue, _ name: String) -> Claim.Value {
        if times.contains(name), let time = ExpiryUnit.read(value) { return .date(time.date) }
        return switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let literal): .number(literal)
        case .string(let text): .text(text)
        case .array, .object: .json(value.text)
        }
    }
}
