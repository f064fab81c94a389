/// Which sessions to list. An empty part does not restrict.
public struct SessionFilter: Hashable, Sendable {
    /// Each of these must occur in the label, the visitor, the session or the client ID, in any case. Compared by
    /// code points, as databases do: no part of a word is hidden in a composed character.
    public var words: [String] = []

    /// One of these must be the state. Discarded sessions are listed only where this names them.
    public var states: Set<SessionState> = []
    public var roles: Set<TokenRole> = []
    public var clientIDs: Set<String> = []

    /// Whether the session must be one that a scheduler renews, or must be none.
    public var autoRenew: Bool?

    /// The issuer must be this one, or not be known. `nil`: any.
    public var issuer: String?

    public init() {}

    /// Reads what a person types: free words, and `state:`, `role:`, `client:` and `auto:` with a value.
    ///
    /// A value that is none, or not yet, is taken as a free word.
    public init(_ text: String) {
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
            let value = parts.count == 2 ? parts[1] : ""
            if parts.first == "state", let state = SessionState(rawValue: value) {
                states.insert(state)
            } else if parts.first == "role", let role = TokenRole(rawValue: value) {
                roles.insert(role)
            } else if parts.first == "client", !value.isEmpty {
                clientIDs.insert(value)
            } else if parts.first == "auto", let choice = Self.choices[value] {
                autoRenew = choice
            } else {
                words.append(String(word))
            }
        }
    }

    /// The words that look like a part with a value, and what value it could have: `state:expird` is looked for as a word.
    public static func misspelt(_ text: String) -> [(word: String, values: [String])] {
        let parts = [
            "state": SessionState.allCases.map(\.rawValue), "role": TokenRole.allCases.map(\.rawValue),
            "auto": choices.keys.sorted(),
        ]
        return SessionFilter(text).words.compactMap { word in
            let name = word.prefix { $0 != ":" }
            return name.count < word.count ? parts[String(name)].map { (word, $0) } : nil
        }
    }

    private static let choices = ["on": true, "off": false]

    /// Whether the filter keeps `session`, which at this time is in `state`.
    public func matches(_ session: VisitorSession, in state: SessionState) -> Bool {
        (states.isEmpty ? state != .discarded : states.contains(state))
            && (roles.isEmpty || roles.contains(session.role))
            && (clientIDs.isEmpty || clientIDs.contains(session.clientID))
            && (autoRenew == nil || autoRenew == session.autoRenew)
            && (issuer == nil || session.issuer == nil || session.issuer == issuer)
            && Self.matches(words, in: session.searchText)
    }

    private static func matches(_ words: [String], in text: String) -> Bool {
        words.allSatisfy { text.utf8.contains(VisitorSession.searchText($0).utf8) }
    }
}

extension VisitorSession {
    /// What the words of a filter are looked for in: lower case, one field a line.
    public var searchText: String {
        Self.searchText([label, visitorID ?? "", id.description, clientID].joined(separator: "\n"))
    }

    /// A text as words are looked for in it, and a word as it is looked for. U+0000, at which databases end texts, counts
    /// as U+0001.
    package static func searchText(_ text: String) -> String {
        let lowercased = text.lowercased()
        return lowercased.utf8.contains(0) ? lowercased.replacing("\0", with: "\u{1}") : lowercased
    }
}
