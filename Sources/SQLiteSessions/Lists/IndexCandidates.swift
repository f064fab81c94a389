import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// Rows that include all matches of a filter: a query for row IDs that reads only an index.
///
/// The page checks each of them, because the filter may match fewer.
struct IndexCandidates {
    let rows: SQLText

    /// The first row IDs, in index order.
    func rowIDs(upTo limit: Int, _ db: Database) throws -> [Int64] {
        try db.rows("\(rows) LIMIT \(limit)") { $0.number(0) }
    }

    // MARK: Words

    /// How many trigrams of a word are looked up: enough to be selective together.
    private static let trigramLimit = 12

    /// Rows with the trigrams of `words` (``SessionFilter/indexedWords``) in label, visitor ID or session ID. `nil` if the index can't tell.
    static func having(_ words: [String], _ db: Database) throws -> IndexCandidates? {
        guard try db.number("SELECT 1 FROM sqlite_schema WHERE name = 'search'") == 1 else { return nil }
        var trigrams: Set<String> = []
        for word in words.map({ VisitorSession.searchText($0) }) {
            // The index has no trigrams that span two fields.
            guard !word.contains("\n"),
                try db.number("SELECT 1 FROM client WHERE instr(text, \(word)) LIMIT 1") == nil
            else { continue }
            trigrams.formUnion(Self.trigrams(of: word))
        }
        guard !trigrams.isEmpty else { return nil }
        let match = trigrams.sorted().map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: " AND ")
        return IndexCandidates(rows: "SELECT rowid FROM search WHERE search MATCH \(match)")
    }

    /// A word's trigrams. Empty for fewer than three code points; for a long word, the first, the last and some in
    /// between.
    static func trigrams(of word: String) -> [String] {
        let scalars = Array(word.unicodeScalars)
        guard scalars.count >= 3 else { return [] }
        let starts = 0...(scalars.count - 3)
        let stride = (starts.count + trigramLimit - 1) / trigramLimit
        return starts.filter { $0 % stride == 0 || $0 == starts.upperBound }.map { start in
            String(String.UnicodeScalarView(scalars[start..<start + 3]))
        }
    }

    // MARK: Automatic renewal

    /// Rows with automatic renewal. `nil` if the filter doesn't require it, or includes discarded sessions.
    static func renewingAutomatically(_ filter: SessionFilter) -> IndexCandidates? {
        guard filter.autoRenew == true, !filter.states.contains(.discarded) else { return nil }
        return IndexCandidates(rows: "SELECT rowid FROM session WHERE listed AND auto_renew = 1")
    }

    // MARK: Use

    /// Rows that applications use or used. `nil`: the filter doesn't require that.
    static func used(_ filter: SessionFilter, _ clock: StoreClock) -> IndexCandidates? {
        guard filter.isLive == true || !filter.sources.isEmpty else { return nil }
        let used = Dialect.sqlite.usedSessions(
            isLive: filter.isLive == true ? true : nil, sources: filter.sources, clock)
        return IndexCandidates(rows: "SELECT rowid FROM session WHERE id IN (\(used))")
    }

    // MARK: States

    /// Rows that may be in one of the filter's states, by ``SessionState/rules``. `nil`: all states match.
    static func inStates(of query: SessionQuery, keyIDs: [Data]) -> IndexCandidates? {
        let states = query.filter.states
        guard !states.isEmpty else { return nil }
        let parts = SessionState.rules.filter { states.contains($0.state) }
            .compactMap { rows(meeting: $0.condition, query, keyIDs) }
        return IndexCandidates(rows: parts.joined(" UNION ALL "))
    }

    /// Rows that may meet a condition and none before it. Leased rows have a class of their own until the lease is
    /// released; after its deadline they may be unresolved, refused or expired.
    private static func rows(
        meeting condition: SessionState.Condition, _ query: SessionQuery, _ keyIDs: [Data]
    ) -> SQLText? {
        let warning = WarningWindow(.sqlite, at: query.now, policy: query.policy)
        let instant = warning.instant
        func listed(_ condition: SQLText) -> SQLText { "SELECT rowid FROM session WHERE listed AND \(condition)" }
        func classes(_ classes: String) -> SQLText {
            "SELECT rowid FROM session WHERE class IN (\(raw: classes)) AND class <> 'timed'"
        }
        return switch condition {
        case .isUnreadable: classes("'damaged'")
        case .isDiscarded: classes("'discarded'")
        case .hasUnknownKey:
            """
            SELECT rowid FROM session WHERE key_id IN (
                SELECT key_id FROM state_counts WHERE measure = 'session' AND number > 0 AND key_id NOT IN \(keyIDs))
            """
        case .isLeased: classes("'leased'")
        case .isSent: classes("'leased', 'unresolved'")
        case .isRefused: classes("'leased', 'refused'")
        // Leased rows are included by `isRefused`, which has the same state.
        case .cannotBeRenewed:
            "\(classes("'access_only', 'refresh_first'")) UNION ALL \(listed("refresh_order <= \(instant)"))"
        case .accessHasExpired: listed("access_order <= \(instant)")
        case .accessExpiresSoon:
            listed("access_order > \(instant) AND access_order <= \(warning.latest) AND \(warning.hasBegun)")
        case .otherwise: listed("access_order > \(instant) AND NOT \(warning.hasBegun)")
        }
    }
}

extension SessionFilter {
    /// Words that the searched text of every match contains.
    var indexedWords: [String] {
        words
            + texts.filter { $0.field != .issuer && !$0.isNegated && $0.alternatives.count == 1 }
            .flatMap(\.alternatives)
    }
}
