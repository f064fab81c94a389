import Foundation
import VisitorSessions

/// Everything that was found in one text or file, and what kind of input it is.
public struct FoundTokens: Hashable, Sendable {
    /// Tokens, and where they were.
    public struct Finding: Hashable, Sendable {
        public var read: ReadTokens

        /// Such as `line 3` or `entry 12, response`, for display. On one line, without tokens. Empty: the whole input.
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
        /// As in ``Finding/place``.
        public var place: String
        public var sentence: String

        /// The sentence, after the place if there is one.
        var description: String { place.isEmpty ? sentence : "\(place): \(sentence)" }
    }

    /// What kind of input it is, for display: `HAR file`, `cookies.txt`, or the name of a shape.
    public var container: String

    /// Each session once, however often it appears; of several pairs with one refresh token, the latest.
    public var findings: [Finding]
    public var problems: [Problem]

    /// What a person should know about the input, in sentences.
    public var notes: [String] = []
}

extension FoundTokens.Finding {
    /// Where they were, and what was done to them, as a sentence. `nil`: they were the whole input, and nothing was
    /// done to them.
    public var origin: String? {
        guard place.isEmpty else { return "Found \(whereabouts)." }
        return steps.isEmpty ? nil : "Read after decoding: \(steps.joined(separator: ", "))."
    }

    /// Where they were, and what was done to them: `cookie __session (base64 JSON, signature dropped)`.
    public var location: String {
        Self.joined(place, steps)
    }

    private static func joined(_ place: String, _ steps: [String]) -> String {
        guard !steps.isEmpty else { return place }
        return (place.isEmpty ? "" : place + " ") + "(\(steps.joined(separator: ", ")))"
    }

    /// What was found, and where, in one line.
    public var summary: String {
        if place.isEmpty { return Self.joined(read.shape, steps) }
        // The place says that it is a header.
        return "\(read.shape == BareToken.headerShape ? "access token" : read.shape) \(whereabouts)"
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
            let problem = problems.prefix(1).map { $0.description.prefix(1).uppercased() + $0.description.dropFirst() }
            throw UnreadableTokens(
                (["There are no tokens in this \(container)."] + problem + notes).joined(separator: " "))
        }
        guard findings.count == 1 else {
            let places = Set(findings.map(\.place)).count == 1 ? [] : findings.prefix(3).map(\.place)
            let list = (places + (findings.count > 3 ? ["…"] : [])).joined(separator: "; ")
            let sentences = [
                "There are \(findings.count) sessions in this \(container)\(places.isEmpty ? "" : ": \(list)").",
                "Use `import` to store them all.",
            ]
            throw UnreadableTokens((sentences + notes).joined(separator: " "))
        }
        return first
    }
}

/// Collects what is found, each session once.
struct FindingList {
    /// No input has more sessions in practice; keeping them would only use up memory.
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

    /// Removes and returns the problems after the first `count`.
    mutating func removeProblems(since count: Int) -> [FoundTokens.Problem] {
        guard problems.count > count else { return [] }
        defer { problems.removeSubrange(count...) }
        return Array(problems[count...])
    }

    /// Records that the session with the refresh token `old` now has `new`.
    mutating func replace(_ old: Secret, by new: Secret) {
        guard old != new else { return }
        replaced.insert(old)
        if let index = byRefreshToken.removeValue(forKey: old) { byRefreshToken[new] = index }
    }

    /// Removes findings that others make redundant.
    ///
    /// * A single access token that is also in a pair.
    /// * Other services' tokens, if there are also tokens in Wix's form, unless their place is known to hold a
    ///   visitor's tokens.
    ///
    /// Returns how many of the latter were removed.
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

/// The values that a text has for its two tokens. Decides, for every format, whether each is a token, and which kind.
///
/// A placeholder isn't a token. A token's own form decides its kind; the slot decides only if the form is unknown.
struct TokenSlots {
    /// One place for a token.
    struct Slot {
        var value: JSONValue?

        /// The path of the value, such as `refreshToken.value`: for messages, and for writing a token back.
        var name: String
    }

    /// When the access token expires, as written in the text.
    struct Expiry {
        /// `nil`: unknown.
        var date: Date?
        var unit = ExpiryUnit.none
        /// The path of the value.
        var name = "expiresAt"
        /// Whether the value isn't a readable time.
        var isUnreadable = false

        static let unknown = Expiry()

        init(date: Date? = nil, unit: ExpiryUnit = .none) {
            (self.date, self.unit) = (date, unit)
        }

        /// Missing, null, empty and 0 mean unknown.
        init(_ value: JSONValue?, _ name: String) {
            self.name = name
            guard let value, !value.isNull, value != .string(""), value.double != 0 else { return }
            if let time = ExpiryUnit.read(value) { (date, unit) = time } else { isUnreadable = true }
        }
    }

    var access: Slot?
    var refresh: Slot?
    var expiry = Expiry.unknown

    /// The role that the text names.
    var role: JSONValue?

    /// The message if both slots are empty.
    var emptyMessage = "Both tokens are empty."

    /// What the slots hold.
    struct Content {
        var tokens: Tokens

        /// What a person should know about it, in sentences.
        var notes: [String]
    }

    /// Throws if no slot holds a token, or if it isn't clear which of two is meant.
    func content() throws(UnreadableTokens) -> Content {
        var notes: [String] = []
        let (access, refresh) = try sorted(try Self.text(access, &notes), try Self.text(refresh, &notes), &notes)
        guard access != nil || refresh != nil else {
            throw UnreadableTokens(notes.isEmpty ? emptyMessage : notes.joined(separator: " "))
        }
        let facts = access.map { TokenFacts($0.value) }
        var accessToken: AccessToken?
        if let access, let facts {
            accessToken = AccessToken.reading(access.value, facts, expiresAt: expiresAt(of: facts, &notes))
        }
        let refreshToken = refresh.map {
            RefreshToken.reading($0.value, role: role(&notes), issuedWith: facts)
        }
        return Content(tokens: Tokens(accessToken: accessToken, refreshToken: refreshToken), notes: notes)
    }

    /// The token in a slot. `nil`: none, or a placeholder, which is noted.
    private static func text(_ slot: Slot?, _ notes: inout [String]) throws(UnreadableTokens) -> TokenText? {
        guard let slot else { return nil }
        switch slot.value {
        case nil, .null?: return nil
        case .bool?: break
        case .string(let text)?:
            let text = TextDecoders.trimmed(text)
            if text.isEmpty { return nil }
            guard Secret(text).isPlaceholder else { return try TokenText(real: text, slot.name) }
        default:
            notes.append("\(slot.name) isn't a string.")
            return nil
        }
        notes.append(TokenText.placeholder(slot.name))
        return nil
    }

    /// Sorts the two tokens by their forms.
    private func sorted(
        _ access: TokenText?, _ refresh: TokenText?, _ notes: inout [String]
    ) throws(UnreadableTokens) -> (access: TokenText?, refresh: TokenText?) {
        let (accessName, refreshName) = (self.access?.name ?? "", self.refresh?.name ?? "")
        switch (access?.form == .refresh, refresh?.form == .access) {
        case (true, true):
            notes.append("The two tokens were swapped: their prefixes show which is which.")
            return (refresh, access)
        case (false, true):
            notes.append("\(refreshName) holds an access token.")
            guard let access, access != refresh else { return (refresh, nil) }
            guard access.form == .access else { throw unclear("access") }
            return (access, nil)
        case (true, false):
            notes.append("\(accessName) holds a refresh token.")
            guard let refresh, refresh != access else { return (nil, access) }
            guard refresh.form == .refresh else { throw unclear("refresh") }
            return (nil, refresh)
        case (false, false):
            guard access != nil, access == refresh else { return (access, refresh) }
            notes.append("\(refreshName) holds the access token.")
            return (access, nil)
        }
    }

    private func unclear(_ kind: String) -> UnreadableTokens {
        UnreadableTokens(
            "\(access?.name ?? "") and \(refresh?.name ?? "") both hold a possible \(kind) token, and it isn't clear which is right."
        )
    }

    /// The stated expiry. `nil`: none, or one that is unreadable or earlier than the token's issue time; its `exp` is
    /// used then.
    private func expiresAt(of facts: TokenFacts, _ notes: inout [String]) -> Date? {
        let isImpossible = expiry.date.flatMap { date in facts.issuedAt.map { date < $0 } } ?? false
        guard expiry.isUnreadable || isImpossible else { return expiry.date }
        notes.append(
            "\(expiry.name) \(isImpossible ? "is earlier than the token's issue time" : "can't be read as a time"), so the token's exp claim is used."
        )
        return nil
    }

    /// The stated role. `nil`: take it from the tokens, also if it is `none`, as in the SDK's empty pair.
    private func role(_ notes: inout [String]) -> TokenRole? {
        guard let role, !role.isNull, role != .string("") else { return nil }
        // In source code, the role is a case of the SDK's enumeration.
        let name = role.string?.lowercased().split(separator: ".").last.map(String.init)
        guard let read = name.flatMap(TokenRole.init) else {
            notes.append("The role isn't recognized, so it is taken from the tokens.")
            return nil
        }
        return read == TokenRole.none ? nil : read
    }
}

extension TokenSlots.Slot {
    init(_ text: String, _ name: String) {
        self.init(value: .string(text), name: name)
    }
}
