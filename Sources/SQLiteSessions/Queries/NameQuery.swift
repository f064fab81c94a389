import Foundation
import GRDB
import VisitorSessions

/// The sessions that a person may mean by a name: those whose ID begins with it, and those whose label it is.
struct NameQuery {
    let reference: String
    let limit: Int

    var sql: SQL {
        """
        SELECT \(sql: SessionColumn.list) FROM session
        WHERE \(conditions.joined(operator: .or)) 
        ORDER BY label <> \(ColumnText.expression(reference)), id LIMIT \(max(limit, 0))
        """
    }

    private var conditions: [SQL] {
        // By the index first, which is on the lower-case label.
        let isLabel: SQL = """
            (label <> '' AND label_order = \(ColumnText.expression(reference.lowercased()))
                AND label = \(ColumnText.expression(reference)))
            """
        guard let digits = SessionReference.digits(reference) else { return [isLabel] }
        return [isLabel, "id BETWEEN \(Self.id(digits, filledWith: "0")) AND \(Self.id(digits, filledWith: "f"))"]
    }

    private static func id(_ digits: String, filledWith digit: String) -> Data {
        let nibbles = (digits + String(repeating: digit, count: 32)).utf8.prefix(32).map { byte -> UInt8 in
            byte < UInt8(ascii: "a") ? byte - UInt8(ascii: "0") : byte - UInt8(ascii: "a") + 10
        }
        return Data(stride(from: 0, to: 32, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] })
    }
}
