import Foundation
import GRDB
import VisitorSessions

/// Rows among which all those of a filter are: a query for their row IDs, that reads an index and nothing else.
///
/// More may be in it than the filter keeps, for the page looks at each of them.
struct Narrowing {
    let rows: SQL

    /// The first of them, in the order of the index.
    func rowIDs(upTo limit: Int, _ db: Database) throws -> [Int64] {
        let found = try db.rows("\(rows) LIMIT \(limit)")
        return try withExtendedLifetime(found) {
            var rowIDs: [Int64] = []
            while let row = try found.next() { rowIDs.append(row[0]) }
            return rowIDs
        }
    }
}

// MARK: Words

extension Narrowing {
    /// How many trigrams of a word are looked up: enough to be rare together.
    private static let trigramLimit = 12

    /// Those with the trigrams of `words` in label, visitor or ID. `nil` where the index does not tell.
    static func having(_ words: [String], _ db: Database) throws -> Narrowing? {
        guard try db.number("SELECT 1 FROM sqlite_schema WHERE name = 'search'") == 1 else { return nil }
        var trigrams: Set<String> = []
        for word in words.map({ VisitorSession.searchText($0) }) {
            let inClient: SQL = "SELECT 1 FROM client WHERE instr(text, \(ColumnText.expression(word))) LIMIT 1"
            // Between two fields is nothing that the index knows.
            guard !word.contains("\n"), try db.number(inClient) == nil else { continue }
            trigrams.formUnion(Self.trigrams(of: word))
        }
        guard !trigrams.isEmpty else { return nil }
        let match = trigrams.sorted().map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: " AND ")
        return Narrowing(rows: "SELECT rowid FROM search WHERE search MATCH \(ColumnText.expression(match))")
    }

    /// None for a word of less than three code points. Of a long one the first, the last, and some between.
    static func trigrams(of word: String) -> [String] {
        let scalars = Array(word.unicodeScalars)
        guard scalars.count >= 3 else { return [] }
        let starts = 0...(scalars.count - 3)
        let stride = (starts.count + trigramLimit - 1) / trigramLimit
        return starts.filter { $0 % stride == 0 || $0 == starts.upperBound }.map { start in
            String(String.UnicodeScalarView(scalars[start..<start + 3]))
        }
    }
}

// MARK: Renewal

extension Narrowing {
    /// Those that renew themselves. `nil` where a filter does not ask for them, or asks for those that are put away, too.
    static func renewingThemselves(_ filter: SessionFilter) -> Narrowing? {
        guard filter.autoRenew == true, !filter.states.contains(.discarded) else { return nil }
        return Narrowing(rows: "SELECT rowid FROM session WHERE listed AND auto_renew = 1")
    }
}

// MARK: States

extension Narrowing {
    /// Those that may be in one of `states`. `nil` where any state will do.
    static func being(_ states: Set<SessionState>, in query: SessionQuery, keyIDs: [Data]) -> Narrowing? {
        guard !states.isEmpty else { return nil }
        let instant = Milliseconds.reached(at: query.now)
        let warning = Milliseconds.reached(at: query.now + query.policy.expiryWarning)
        func ending(_ condition: SQL) -> SQL { "SELECT rowid FROM session WHERE listed AND \(condition)" }
        func of(_ classes: String) -> SQL {
            "SELECT rowid FROM session WHERE class IN (\(sql: classes)) AND class <> 'timed'"
        }
        let parts = states.sorted { $0.rawValue < $1.rawValue }.map { state -> SQL in
            switch state {
            case .valid: ending("access_order > \(warning)")
            case .expiring: ending("access_order > \(instant) AND access_order <= \(warning)")
            case .expired: ending("access_order <= \(instant)")
            case .renewing: of("'leased'")
            case .unresolved: of("'leased', 'unresolved'")
            case .refused:
                "\(of("'leased', 'lone', 'odd', 'refused'")) UNION ALL \(ending("refresh_order <= \(instant)"))"
            case .damaged:
                """
                \(of("'damaged'")) UNION ALL SELECT rowid FROM session WHERE key_id IN (
                    SELECT key_id FROM tally WHERE measure = 'session' AND number > 0 AND key_id NOT IN \(keyIDs))
                """
            case .discarded: of("'discarded'")
            }
        }
        return Narrowing(rows: parts.joined(separator: " UNION ALL "))
    }
}
