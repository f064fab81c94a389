import VisitorSessions

import struct Foundation.Date

/// Everything that was found in one text or file, and what the whole is.
public struct FoundTokens: Hashable, Sendable {
    /// Tokens, and where they were.
    public struct Finding: Hashable, Sendable {
        public var read: ReadTokens

        /// Such as `line 3` or `entry 12, response`, for people. In one line, and never a token.
        public var place: String

        /// What was done to read them, in order, such as `base64 JSON, signature dropped`.
        public var steps: [String]

        public init(_ read: ReadTokens, place: String, steps: [String] = []) {
            self.read = read
            self.place = place
            self.steps = steps
        }
    }

    /// Something that looked like tokens and can't be read.
    public struct Problem: Hashable, Sendable {
        public var place: String
        public var sentence: String
    }

    /// What the whole is, for people: `HAR file`, `cookies.txt`, or the name of a shape.
    public var container: String

    /// Each session once, however often it is there; the latest pair with a given refresh token.
    public var findings: [Finding]
    public var problems: [Problem]

    /// What a person should know about the whole, in sentences.
    public var notes: [String] = []
}

extension FoundTokens.Finding {
    /// The place of tokens that are the whole input.
    static let whole = "the whole"

    /// Where they were, and what was done to them, as a sentence. `nil`: they are the whole input, as it was.
    public var origin: String? {
        guard place == Self.whole else { return "Found \(whereabouts)." }
        return steps.isEmpty ? nil : "Read after decoding: \(steps.joined(separator: ", "))."
    }

    /// Where they were, and what was done to them: `cookie __session (base64 JSON, signature dropped)`.
    public var location: String {
        steps.isEmpty ? place : "\(place) (\(steps.joined(separator: ", ")))"
    }

    /// What was found, and where, in one line.
    public var summary: String {
        place == Self.whole ? location.replacing(Self.whole, with: read.shape) : "\(read.shape) \(whereabouts)"
    }

    private var whereabouts: String { "\(place.hasPrefix("line ") ? "on" : "in") \(location)" }
}

extension FoundTokens {
    /// The tokens of the only session. Throws if there are none or several.
    public func single() throws(UnreadableTokens) -> ReadTokens {
        try onlyFinding().read
    }

    /// The only session, and where it was. Throws if there are none or several.
    public func onlyFinding() throws(UnreadableTokens) -> Finding {
        guard let first = findings.first else {
            let problem = problems.first.map { problem in
                let place = problem.place == Finding.whole ? "" : "\(problem.place): "
                return [place + problem.sentence]
            }
            throw UnreadableTokens(
                (["There are no tokens in this \(container)."] + (problem ?? []) + notes).joined(separator: " "))
        }
        guard findings.count == 1 else {
            let places = findings.prefix(3).map(\.place).joined(separator: "; ")
            let more = findings.count > 3 ? "; …" : ""
            let sentences = [
                "There are \(findings.count) sessions in this \(container): \(places)\(more).",
                "Use `import` to store them all.",
            ]
            throw UnreadableTokens((sentences + notes).joined(separator: " "))
        }
        return first
    }
}

/// Collects what is found, each session once.
struct FindingList {
    /// More sessions than a file that is read whole has in practice; the rest would only fill the memory.
    static let limit = 100_000

    private(set) var findings: [FoundTokens.Finding] = []
    private(set) var problems: [FoundTokens.Problem] = []
    private var isFull = false
    private var byRefreshToken: [Secret: Int] = [:]
    private var byAccessToken: [Secret: Int] = [:]

    /// Refresh tokens that were redeemed and replaced.
    private var replaced: Set<Secret> = []

    mutating func add(_ read: ReadTokens, at place: String, steps: [String] = []) {
        let access = read.tokens.accessToken?.value
        let refresh = read.tokens.refreshToken?.value
        if let refresh, replaced.contains(refresh) { return }
        let known = refresh.flatMap { byRefreshToken[$0] } ?? access.flatMap { byAccessToken[$0] }
        if let known {
            if Self.isLater(read.tokens, than: findings[known].read.tokens) { findings[known].read.merge(read) }
            findings[known].read.clientID = findings[known].read.clientID ?? read.clientID
        } else if findings.count < Self.limit {
            findings.append(.init(read, place: place, steps: steps))
        } else {
            if !isFull {
                add(
                    problem: UnreadableTokens(
                        "Only the first \(Self.limit) sessions were read. JSON Lines files have no limit."),
                    at: place)
            }
            isFull = true
            return
        }
        let index = known ?? findings.count - 1
        if let refresh { byRefreshToken[refresh] = index }
        if let access { byAccessToken[access] = index }
    }

    mutating func add(problem: UnreadableTokens, at place: String) {
        add(.init(place: place, sentence: problem.description))
    }

    mutating func add(_ problem: FoundTokens.Problem) {
        if problems.count < Self.limit { problems.append(problem) }
    }

    /// Removes the problems that were added when there were `count`, and returns them.
    mutating func removeProblems(since count: Int) -> [FoundTokens.Problem] {
        guard problems.count > count else { return [] }
        defer { problems.removeSubrange(count...) }
        return Array(problems[count...])
    }

    /// From now on the session that had `old` has `new`.
    mutating func replace(_ old: Secret, by new: Secret) {
        guard old != new else { return }
        replaced.insert(old)
        if let index = byRefreshToken.removeValue(forKey: old) { byRefreshToken[new] = index }
    }

    /// Removes findings that others make redundant.
    ///
    /// * An access token alone that a pair found later also has.
    /// * Tokens of other services beside some in Wix's form, unless their place is known to hold a visitor's tokens.
    ///   Returns how many.
    mutating func removeRedundant(uncertain: Set<String>) -> Int {
        guard findings.count > 1 else { return 0 }
        let paired = Set(
            findings.filter { $0.read.tokens.refreshToken != nil }.compactMap(\.read.tokens.accessToken?.value))
        findings.removeAll { finding in
            let tokens = finding.read.tokens
            return tokens.refreshToken == nil && tokens.accessToken.map { paired.contains($0.value) } ?? false
        }
        guard !uncertain.isEmpty, findings.contains(where: \.read.hasWixForm) else { return 0 }
        let count = findings.count
        findings.removeAll { !$0.read.hasWixForm && uncertain.contains($0.place) }
        return count - findings.count
    }

    private static func isLater(_ new: Tokens, than old: Tokens) -> Bool {
        if old.refreshToken == nil || old.accessToken == nil { return true }
        guard let new = new.accessToken else { return false }
        return (new.expiresAt ?? .distantPast) >= (old.accessToken?.expiresAt ?? .distantPast)
    }
}
