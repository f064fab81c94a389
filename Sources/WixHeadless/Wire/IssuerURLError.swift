/// Why a text is no issuer's address.
public struct IssuerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to write instead, in one sentence. It does not repeat the text.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
