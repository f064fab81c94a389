/// Why a text is no JSON, and where. Never what stands there: it may be a piece of a token.
struct JSONFault: Error, Hashable {
    /// Where a whole value was read and the text goes on.
    static let trailing = "something follows the value"

    /// What is wrong, as the end of a sentence.
    var reason: String

    /// Counts bytes of UTF-8 from 0.
    var offset: Int
}
