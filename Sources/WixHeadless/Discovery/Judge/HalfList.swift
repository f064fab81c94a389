import VisitorSessions

/// Access tokens and refresh tokens that were found separately, kept until it is known which ones belong together.
///
/// An access token and a refresh token are a pair if they are the only ones in a place, or if their names differ only
/// in *access* and *refresh*. Being near each other isn't enough: they may belong to two visitors.
struct HalfList {
    struct Half {
        var finding: FoundTokens.Finding

        /// Distinguishes tokens with the same name, such as a domain.
        var group: String

        /// The name without *access* and *refresh*. `nil`: it contains neither.
        var stem: String?

        init(finding: FoundTokens.Finding, group: String, name: String) {
            self.finding = finding
            self.group = group
            let role = FieldRole(name)
            stem = role == .accessToken || role == .refreshToken ? FieldRole.stem(name) : nil
        }

        var isAccess: Bool { finding.read.tokens.accessToken != nil }
        var token: Secret? {
            finding.read.tokens.accessToken?.value ?? finding.read.tokens.refreshToken?.value
        }
    }

    /// What had been found when the search of a place began.
    struct Mark {
        fileprivate var halves, pairs, broken: Int
    }

    private var halves: [Half] = []

    /// How many pairs were found or formed.
    var pairs = 0

    /// How many tokens can't be read.
    var broken = 0

    /// How many tokens were found.
    var found: Int { pairs * 2 + halves.count }

    var mark: Mark { Mark(halves: halves.count, pairs: pairs, broken: broken) }

    mutating func add(_ half: Half) { halves.append(half) }

    mutating func removeAll(since mark: Mark? = nil) -> [FoundTokens.Finding] {
        let start = mark?.halves ?? 0
        defer { halves.removeSubrange(start...) }
        return halves[start...].map(\.finding)
    }

    /// Forms the pairs among the tokens found since `mark`, and removes those from the list.
    mutating func pair(since mark: Mark) -> [FoundTokens.Finding] {
        guard halves.count > mark.halves + 1 else { return [] }
        var seen: Set<Secret> = []
        let own = halves[mark.halves...].filter { half in half.token.map { seen.insert($0).inserted } ?? false }
        var found: [(position: Int, pair: FoundTokens.Finding)] = []
        var rest = Array(own.enumerated())
        func pair(_ indices: [Int]) {
            guard indices.count == 2, own[indices[0]].isAccess != own[indices[1]].isAccess,
                own[indices[0]].group == own[indices[1]].group,
                let read = own[indices[0]].finding.read.paired(with: own[indices[1]].finding.read)
            else { return }
            var finding = own[indices[0]].finding
            finding.read = read
            finding.steps += own[indices[1]].finding.steps.filter { !finding.steps.contains($0) }
            found.append((indices[0], finding))
            rest.removeAll { indices.contains($0.offset) }
        }
        let named = Dictionary(grouping: own.indices.filter { own[$0].stem != nil }) {
            [own[$0].group, own[$0].stem ?? ""]
        }
        for indices in named.values { pair(indices) }
        if found.isEmpty, pairs == mark.pairs, broken == mark.broken { pair(Array(own.indices)) }
        guard !found.isEmpty else { return [] }
        pairs += found.count
        halves.removeSubrange(mark.halves...)
        halves += rest.map(\.element)
        return found.sorted { $0.position < $1.position }.map(\.pair)
    }
}
