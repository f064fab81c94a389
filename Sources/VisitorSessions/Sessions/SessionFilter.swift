/// Selects the sessions to list. Empty properties don't restrict.
public struct SessionFilter: Hashable, Sendable {
    /// Words that must all occur in the label, visitor ID, session ID or client ID, ignoring case. Compared by code
    /// points, as databases do.
    public var words: [String] = []

    /// Allowed states. Discarded sessions are listed only if included here.
    public var states: Set<SessionState> = []
    public var roles: Set<TokenRole> = []
    public var clientIDs: Set<String> = []

    /// Whether automatic renewal must be on or off.
    public var autoRenew: Bool?

    /// The issuer, or an unknown one. `nil`: any.
    public var issuer: String?

    /// Whether a running application must or must not be using the session now.
    public var isLive: Bool?

    /// Parts of the kind and label of the source that recorded the session's last request, ignoring case.
    public var sources: Set<String> = []

    public init() {}

    /// Parses what a person types: words, and `state:`, `role:`, `client:`, `auto:`, `live:` and `source:` with a value.
    ///
    /// An invalid or incomplete value is treated as a word.
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
            } else if parts.first == "live", let choice = Self.choices[value] {
                isLive = choice
            } else if parts.first == "source", !value.isEmpty {
                sources.insert(value)
            } else {
                words.append(String(word))
            }
        }
    }

    /// Words with a known key but an invalid value (`state:expird`), with the values they could have.
    public static func invalidWords(_ text: String) -> [(word: String, values: [String])] {
        let parts = [
            "state": SessionState.allCases.map(\.rawValue), "role": TokenRole.allCases.map(\.rawValue),
            "auto": choices.keys.sorted(), "live": choices.keys.sorted(),
        ]
        return SessionFilter(text).words.compactMap { word in
            let name = word.prefix { $0 != ":" }
            return name.count < word.count ? parts[String(name)].map { (word, $0) } : nil
        }
    }

    private static let choices = ["on": true, "off": false]

    /// Whether the filter asks how a session is used (``RequestStore/liveSessions(among:)``).
    public var dependsOnUse: Bool { isLive != nil || !sources.isEmpty }

    /// Whether the filter matches `session`, which is in `state`.
    ///
    /// - Parameter live: How the session is used. Not needed unless ``dependsOnUse``.
    public func matches(_ session: VisitorSession, in state: SessionState, live: LiveSession? = nil) -> Bool {
        (states.isEmpty ? state != .discarded : states.contains(state))
            && (roles.isEmpty || roles.contains(session.role))
            && (clientIDs.isEmpty || clientIDs.contains(session.clientID))
            && (autoRenew == nil || autoRenew == session.autoRenew)
            && (issuer == nil || session.issuer == nil || session.issuer == issuer)
            && (isLive == nil || isLive == (live?.isLive ?? false))
            && (sources.isEmpty || live.map { sources.contains(where: $0.source.matches) } ?? false)
            && Self.matches(words, in: session.searchText)
    }

    private static func matches(_ words: [String], in text: String) -> Bool {
        words.allSatisfy { text.utf8.contains(VisitorSession.searchText($0).utf8) }
    }
}

extension VisitorSession {
    /// The searched text: lower case, one field per line.
    public var searchText: String {
        Self.searchText([label, visitorID ?? "", id.description, clientID].joined(separator: "\n"))
    }

    /// Normalizes a text or a word for searching. U+0000, which ends text in databases, becomes U+0001.
    package static func searchText(_ text: String) -> String {
        let lowercased = text.lowercased()
        return lowercased.utf8.contains(0) ? lowercased.replacing("\0", with: "\u{1}") : lowercased
    }
}
