import Foundation
import VisitorSessions

/// A JSON shape in which applications keep tokens. Add new shapes to ``StoredShapes``, with a fixture.
protocol StoredShape: Sendable {
    /// The names of the members that hold the tokens.
    static var members: [String] { get }

    /// Where the values are, for writing them back.
    static var paths: ShapePaths { get }

    /// Reads `json`, a JSON object. Returns `nil` if it is in another shape, and throws if it is in this one and something
    /// is wrong with it.
    ///
    /// - Parameter now: The local time, used to compute an expiry from a lifetime.
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens?
}

/// The shapes in which real applications keep tokens (Wix documentation and templates).
///
/// ``JSONValue`` keeps unknown members, and the order of all members, so writing changes only the values at a shape's
/// paths.
enum StoredShapes {
    /// In the order in which they are tried.
    static let all: [any StoredShape.Type] = [
        ClientTokens.self, SDKTokens.self, EndpointTokens.self, FlatTokens.self, RefreshTokenAlone.self,
    ]
}

/// The ID of an OAuth client, as it is shown and stored.
enum ClientID {
    private static let lengthLimit = 128

    /// Shorter than any token in Wix's form.
    private static let plainLength = 64

    /// `nil`: the text isn't an ID; it may be a placeholder or a token.
    static func read(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= lengthLimit, !Secret(text).isPlaceholder else { return nil }
        let shown = SafeText.shown(text, limit: lengthLimit)
        return shown.isEmpty || (shown.utf8.count > plainLength && shown.hasBytes("JWS.")) ? nil : shown
    }
}

extension JSONValue {
    /// The member with this name. Throws if there are two, because it isn't clear which one holds the token.
    func unique(_ name: String) throws(UnreadableTokens) -> JSONValue? {
        guard let members else { return nil }
        var found: JSONValue?
        for member in members where member.name == name {
            guard found == nil else { throw UnreadableTokens("\(name) appears twice in the same object.") }
            found = member.value
        }
        return found
    }
}
