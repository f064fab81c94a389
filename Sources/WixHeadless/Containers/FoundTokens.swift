/// Everything that was found in one text or file, and what it was taken for.
public struct FoundTokens: Hashable, Sendable {
    /// Tokens, and where they stood.
    public struct Finding: Hashable, Sendable {
        public var read: ReadTokens

        /// Such as `line 3` or `entry 12, response`, for people. In one line, and never a token.
        public var place: String

        public init(_ read: ReadTokens, place: String) {
            self.read = read
            self.place = place
        }
    }

    /// Something that looked like tokens and cannot be read.
    public struct Problem: Hashable, Sendable {
        public var place: String
        public var sentence: String
    }

    /// What the whole is, for people: `HAR file`, `cookies.txt`, or the name of a shape.
    public var container: String

    /// Each session once, though it may stand there often; of one refresh token the latest pair.
    public var findings: [Finding]
    public var problems: [Problem]

    /// What a person should know of the whole, in sentences.
    public var notes: [String] = []
}

extension FoundTokens {
    /// The tokens, where there are those of one session. Throws where there are none or several.
    public func single() throws(UnreadableTokens) -> ReadTokens {
        guard let first = findings.first else {
            let problem = problems.first.map { " \($0.place): \($0.sentence)" } ?? ""
            throw UnreadableTokens("There are no tokens in this \(container).\(problem)")
        }
        guard findings.count == 1 else {
            let places = findings.prefix(3).map(\.place).joined(separator: "; ")
            let more = findings.count > 3 ? "; …" : "."
            let sentences = ["There are \(findings.count) sessions in this \(container): \(places)\(more)"] + notes
            throw UnreadableTokens(sentences.joined(separator: " "))
        }
        return first.read
    }
}
