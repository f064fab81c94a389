/// A string that must not leak: a token, as the issuer gave it.
///
/// Every description, reflection and interpolation of a secret is redacted, and it is deliberately not
/// `Codable`: it reaches a file or a wire only where somebody calls ``reveal()``, which is a named act that
/// a reviewer can search for.
public struct Secret: Hashable, Sendable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The text itself. Whoever calls this answers for where it goes.
    public func reveal() -> String {
        text
    }

    /// Whether there is no text at all.
    public var isEmpty: Bool {
        text.isEmpty
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
