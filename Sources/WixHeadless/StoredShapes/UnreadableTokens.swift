/// Why a text holds no tokens that can be read.
public struct UnreadableTokens: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and where, in one sentence. It never repeats the text: pieces of it may be tokens.
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
