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

    /// The issuer that sessions must have, unless theirs is unknown. `nil`: any.
    public var issuer: String?

    /// Whether a running application must or must not be using the session now.
    public var isLive: Bool?

    /// Parts of the kind and label of the source that recorded the session's last request, ignoring case.
    public var sources: Set<String> = []

    /// Conditions on single texts. All must hold.
    public var texts: [TextCondition] = []

    /// The text of one field contains, or doesn't contain, one of several alternatives.
    public struct TextCondition: Hashable, Sendable {
        public enum Field: String, Sendable, Hashable, CaseIterable {
            /// Compared like ``SessionFilter/words``.
            case label, visitor
            /// Compared exactly. An unknown issuer is an empty text.
            case issuer
            /// All texts that ``SessionFilter/words`` are compared with.
            case any
        }

        public var field: Field
        public var alternatives: [String]
        public var isNegated: Bool

        public init(_ field: Field, contains alternatives: [String], isNegated: Bool = false) {
            self.field = field
            self.alternatives = alternatives
            self.isNegated = isNegated
        }
    }

    public init() {}

    /// Parses what a person types: words, and keys with a value (``keys``), such as `state:expired`.
    ///
    /// A comma separates alternatives, quotation marks enclose text with spaces or commas, a leading `!` negates,
    /// and the beginning of a listed value stands for it: `state:exp` is expiring or expired. A key without a value
    /// doesn't restrict. What can't be understood is treated as a word.
    public init(_ text: String) {
        for parts in Self.split(text) {
            if let term = Term(parts) { apply(term) } else { words.append(parts.joined(separator: ",")) }
        }
    }

    /// The words of a filter, split at their commas, except where they are quoted: `label:"visitor A",bearer`.
    private static func split(_ text: String) -> [[String]] {
        var words: [[String]] = []
        var (parts, isQuoted) = ([""], false)
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: parts.append("")
            case _ where character.isWhitespace && !isQuoted:
                words.append(parts)
                parts = [""]
            default: parts[parts.count - 1].append(character)
            }
        }
        return (words + [parts]).filter { $0 != [""] }
    }

    private mutating func apply(_ term: Term) {
        switch term.meaning {
        case .states(let chosen):
            let all = states.isEmpty ? Set(SessionState.allCases).subtracting([.discarded]) : states
            states = term.isNegated ? all.subtracting(chosen) : states.union(chosen)
        case .roles(let chosen):
            let all = roles.isEmpty ? Set(TokenRole.allCases) : roles
            roles = term.isNegated ? all.subtracting(chosen) : roles.union(chosen)
        case .clients(let chosen): clientIDs.formUnion(chosen)
        case .auto(let isOn): autoRenew = isOn != term.isNegated
        case .live(let isOn): isLive = isOn != term.isNegated
        case .sources(let chosen): sources.formUnion(chosen)
        case .text(let field, let alternatives):
            texts.append(TextCondition(field, contains: alternatives, isNegated: term.isNegated))
        case .unrestricted: break
        }
    }

    /// The keys, and their values if only some are valid.
    public static let keys: [(name: String, values: [String])] = [
        ("state", SessionState.allCases.map(\.rawValue)), ("role", TokenRole.allCases.map(\.rawValue)),
        ("auto", ["on", "off"]), ("live", ["on", "off"]), ("label", []), ("visitor", []), ("issuer", []),
        ("client", []),
        ("source", []),
    ]

    /// A word with a key, alternative words, or a negated word.
    private struct Term {
        enum Meaning {
            case states(Set<SessionState>)
            case roles(Set<TokenRole>)
            case clients([String])
            case auto(Bool)
            case live(Bool)
            case sources([String])
            case text(TextCondition.Field, [String])
            /// The value is missing.
            case unrestricted
        }

        let meaning: Meaning
        let isNegated: Bool

        /// `nil` if the word is plain or can't be understood.
        ///
        /// - Parameter parts: The parts of a word between its commas. Not empty.
        init?(_ parts: [String]) {
            isNegated = parts[0].first == "!"
            let first = isNegated ? parts[0].dropFirst() : parts[0][...]
            let pair = first.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, let (key, known) = SessionFilter.keys.first(where: { $0.name == pair[0] }) else {
                guard isNegated || parts.count > 1 && pair.count == 1 else { return nil }
                let words = ([String(first)] + parts.dropFirst()).filter { !$0.isEmpty }
                meaning = words.isEmpty ? .unrestricted : .text(.any, words)
                return
            }
            let typed = ([pair[1]] + parts.dropFirst()).filter { !$0.isEmpty }
            guard !typed.isEmpty else {
                meaning = .unrestricted
                return
            }
            var values = typed
            if !known.isEmpty {
                let typed = typed.map { $0.lowercased() }
                let matches = typed.map { value in known.filter { $0.hasPrefix(value) } }
                guard matches.allSatisfy({ !$0.isEmpty }) else { return nil }
                values = zip(typed, matches).flatMap { $1.contains($0) ? [$0] : $1 }
            }
            switch key {
            case "state": meaning = .states(Set(values.compactMap(SessionState.init(rawValue:))))
            case "role": meaning = .roles(Set(values.compactMap(TokenRole.init(rawValue:))))
            case "auto" where values.count == 1: meaning = .auto(values[0] == "on")
            case "live" where values.count == 1: meaning = .live(values[0] == "on")
            // Both values: any.
            case "auto", "live": meaning = .unrestricted
            case "client" where !isNegated: meaning = .clients(values)
            case "source" where !isNegated: meaning = .sources(values)
            case "label", "visitor", "issuer":
                guard let field = TextCondition.Field(rawValue: key) else { return nil }
                meaning = .text(field, values)
            default: return nil
            }
        }
    }

    /// Words with an unknown key or an invalid value (`state:expird`), and the keys or values that they may have.
    public static func invalidWords(_ text: String) -> [(word: String, values: [String])] {
        SessionFilter(text).words.compactMap { word in
            let key = word.drop { $0 == "!" }.prefix { $0 != ":" }
            let value = word.drop { $0 != ":" }.dropFirst()
            guard word.contains(":"), !key.isEmpty, !value.isEmpty, !value.hasPrefix("/"),
                key.allSatisfy({
                    $0.isASCII && $0.isLetter
                })
            else { return nil }
            guard let known = keys.first(where: { $0.name == key }) else { return (word, keys.map { $0.name + ":" }) }
            return (word, known.values)
        }
    }

    /// The completions of the last word of a filter that is being typed: after a key and its colon, the known values
    /// that begin with the typed text; after at least two letters of a key with known values, the key with its colon.
    public static func completions(of text: String) -> [String] {
        guard let word = text.split(separator: " ", omittingEmptySubsequences: false).last else { return [] }
        guard let colon = word.firstIndex(of: ":") else {
            let typed = word.drop { $0 == "!" }
            guard typed.count > 1 else { return [] }
            return keys.filter { !$0.values.isEmpty && $0.name.hasPrefix(typed) }.map { $0.name + ":" }
        }
        let key = word[..<colon].drop { $0 == "!" }
        let typed = word[word.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false).last ?? ""
        let values = keys.first { $0.name == key }?.values ?? []
        return values.filter { $0.hasPrefix(typed) && $0 != typed }
    }

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
            && Self.matches(words, in: session.searchText) && texts.allSatisfy { $0.matches(session) }
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
        return lowercased.withBytes({ $0.contains(0) }) ? lowercased.replacing("\0", with: "\u{1}") : lowercased
    }
}

extension SessionFilter.TextCondition {
    func matches(_ session: VisitorSession) -> Bool {
        alternatives.contains { contains($0, session) } != isNegated
    }

    private func contains(_ text: String, _ session: VisitorSession) -> Bool {
        let word = VisitorSession.searchText(text).utf8
        // Stores have the label and the visitor as the first lines of the searched text.
        let lines = session.searchText.split(separator: "\n", omittingEmptySubsequences: false)
        return switch field {
        case .label: lines[0].utf8.contains(word)
        case .visitor: lines[1].utf8.contains(word)
        case .issuer: (session.issuer ?? "").utf8.contains(text.utf8)
        case .any: session.searchText.utf8.contains(word)
        }
    }
}
