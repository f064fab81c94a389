import Foundation
import VisitorSessions

/// The sessions that a person may mean by a name: those whose ID begins with it, and those whose label it is.
struct NameQuery {
    let reference: String
    let limit: Int

    var sql: SQL {
        // By the index first, which is on the beginning of the lower-case label.
        let lowered = reference.lowercased()
        var conditions: [SQL] = [
            """
            (label <> '' AND left(label_sort, 200) = left(\(lowered), 200) AND label = \(reference))
            """
        ]
        if let digits = SessionReference.digits(reference), let first = Self.id(digits, filledWith: "0"),
            let last = Self.id(digits, filledWith: "f")
        {
            conditions.append("id BETWEEN \(first) AND \(last)")
        }
        return """
            SELECT \(SessionRow.columns) FROM session_inspector.session WHERE \(conditions.joined(" OR "))
            ORDER BY label <> \(reference), id LIMIT \(max(limit, 0))
            """
    }

    private static func id(_ digits: String, filledWith digit: Character) -> SessionID? {
        var text = digits + String(repeating: digit, count: 32 - digits.count)
        for place in [20, 16, 12, 8] { text.insert("-", at: text.index(text.startIndex, offsetBy: place)) }
        return SessionID(text)
    }
}
