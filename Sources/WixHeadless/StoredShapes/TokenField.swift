import Foundation
import VisitorSessions

/// Reads the fields beside the tokens that the shapes share, and names the field that is wrong.
enum TokenField {
    /// An expiry. Missing, null, empty and 0 mean that it is not known.
    static func expiry(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> (date: Date?, unit: ExpiryUnit)
    {
        switch value {
        case nil, .null?, .string("")?: return (nil, .none)
        case let value?:
            if value.double == 0 { return (nil, .none) }
            guard let time = ExpiryUnit.read(value) else {
                throw UnreadableTokens("\(name) is no time: neither seconds, milliseconds nor ISO 8601.")
            }
            return (time.date, time.unit)
        }
    }

    /// A role. `nil` where it is missing, and where it is the one of the empty pair: then the tokens tell.
    static func role(_ value: JSONValue?, _ name: String) throws(UnreadableTokens) -> TokenRole? {
        switch value {
        case nil, .null?, .string("")?: return nil
        case .string(let text)?:
            guard let role = TokenRole(rawValue: text.lowercased()) else { break }
            return role == TokenRole.none ? nil : role
        default: break
        }
        throw UnreadableTokens("\(name) is neither visitor, member nor none.")
    }
}
