import VisitorSessions

import struct Foundation.Date

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

/// Collects what is found, each session once.
struct FindingList {
    /// More sessions than anybody has in one file that is read whole; the rest would only fill the memory.
    static let limit = 100_000

    private(set) var findings: [FoundTokens.Finding] = []
    private(set) var problems: [FoundTokens.Problem] = []
    private var isFull = false
    private var byRefreshToken: [Secret: Int] = [:]
    private var byAccessToken: [Secret: Int] = [:]

    /// Refresh tokens that were redeemed and replaced.
    private var dead: Set<Secret> = []

    mutating func add(_ read: ReadTokens, at place: String) {
        let access = read.tokens.accessToken?.value
        let refresh = read.tokens.refreshToken?.value
        if let refresh, dead.contains(refresh) { return }
        let known = refresh.flatMap { byRefreshToken[$0] } ?? access.flatMap { byAccessToken[$0] }
        if let known {
            if Self.isLater(read.tokens, than: findings[known].read.tokens) { findings[known].read.merge(read) }
            findings[known].read.clientID = findings[known].read.clientID ?? read.clientID
        } else if findings.count < Self.limit {
            findings.append(.init(read, place: place))
        } else {
            if !isFull {
                add(
                    problem: UnreadableTokens(
                        "No more than \(Self.limit) sessions are taken from a file of this kind: as JSON lines any number is."
                    ),
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
        if problems.count < Self.limit { problems.append(.init(place: place, sentence: problem.description)) }
    }

    /// Lets the session that had `old` have `new` from now on.
    mutating func replace(_ old: Secret, by new: Secret) {
        guard old != new else { return }
        dead.insert(old)
        if let index = byRefreshToken.removeValue(forKey: old) { byRefreshToken[new] = index }
    }

    /// Pairs the access token alone and the refresh token alone of a text that holds nothing else. Where there are more,
    /// nothing says which belong together, and what stands side by side may be two visitors'.
    ///
    /// Returns what is to be said of those that are left alone.
    ///
    /// - Parameter hasOthers: Whether the text holds tokens that can't be read.
    mutating func pairHalves(besideOthers hasOthers: Bool) -> [String] {
        if findings.count == 2, !hasOthers, let pair = findings[0].read.paired(with: findings[1].read) {
            let place = findings[0].place
            self = FindingList(problems: problems)
            add(pair, at: place)
            return []
        }
        let access = findings.filter { $0.read.tokens.refreshToken == nil }.count
        let refresh = findings.filter { $0.read.tokens.accessToken == nil }.count
        guard access > 0, refresh > 0 else { return [] }
        return [
            "Nothing says which access token belongs to which refresh token (\(access) and \(refresh) stand alone): none were paired."
        ]
    }

    func found(in container: String, notes: [String] = []) -> FoundTokens {
        FoundTokens(container: container, findings: findings, problems: problems, notes: notes)
    }

    private static func isLater(_ new: Tokens, than old: Tokens) -> Bool {
        if old.refreshToken == nil || old.accessToken == nil { return true }
        guard let new = new.accessToken else { return false }
        return (new.expiresAt ?? .distantPast) >= (old.accessToken?.expiresAt ?? .distantPast)
    }
}
