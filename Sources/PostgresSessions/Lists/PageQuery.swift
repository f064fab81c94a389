import Foundation
import SessionSQL
import VisitorSessions

/// A page of a list in one statement.
///
/// A list consists of parts that each have one index in list order: discarded sessions are separate from others, and
/// long labels from short ones. A page merges the nearest rows of its parts.
struct PageQuery {
    private let list: ListQuery

    init(_ query: SessionQuery, keyIDs: [Data], clock: StoreClock) {
        list = ListQuery(.postgres, query, keyIDs: keyIDs, clock: clock)
    }

    var isReversed: Bool { list.isReversed }

    /// The rows of the page, nearest to its start first (see ``isReversed``), each with the current key's ID.
    var sql: SQLText {
        let parts = parts
        let columns: SQLText = "\(Dialect.postgres.sessionColumns), \(Dialect.postgres.keyID)"
        guard parts.count > 1 else { return "SELECT \(columns) FROM \(rows(of: parts[0]))" }
        let nearest = parts.map { "(SELECT * FROM \(rows(of: $0)))" as SQLText }
        return """
            SELECT \(columns) FROM (\(nearest.joined(" UNION ALL "))) AS session \(list.order(by: list.columns))
            LIMIT \(list.limit)
            """
    }

    /// How many rows precede `position`, how many the list has, and the current key's ID.
    func sql(counting position: SessionPosition) -> SQLText {
        """
        SELECT count(*) FILTER (WHERE \(list.compare(list.query.sort.descending ? ">" : "<", position))), count(*),
            \(Dialect.postgres.keyID)
        FROM \(Dialect.postgres.session) WHERE \(conditions(states: list.query.filter.states).joined(" AND "))
        """
    }

    // MARK: Parts

    /// Rows that one index holds in list order.
    private struct Part {
        let conditions: [SQLText]
        let columns: [String]
    }

    private func rows(of part: Part) -> SQLText {
        """
        \(Dialect.postgres.session) WHERE \(part.conditions.joined(" AND ")) \(list.order(by: part.columns))
        LIMIT \(list.limit)
        """
    }

    private var parts: [Part] {
        let states = list.query.filter.states
        let listed = states.subtracting([.discarded])
        let lists = states.contains(.discarded) && !listed.isEmpty ? [listed, [.discarded]] : [states]
        let start = list.start.map { [list.isAfter($0.position, inclusive: $0.inclusive)] } ?? []
        return lists.flatMap { states in
            let conditions = conditions(states: states)
            guard list.query.sort.key == .label else {
                return [Part(conditions: conditions + start, columns: list.columns)]
            }
            return [
                Part(
                    conditions: conditions + ["length(label_sort) <= 200"] + shortLabelStart,
                    columns: [ListQuery.labelPrefix, "id"]),
                Part(conditions: conditions + ["length(label_sort) > 200"] + start, columns: list.columns),
            ]
        }
    }

    /// The filter's conditions for sessions in these states. Empty: all that aren't discarded.
    private func conditions(states: Set<SessionState>) -> [SQLText] {
        let conditions =
            (states.isEmpty ? ["discarded_at IS NULL"] : list.states.conditions(states)) + list.filterConditions
        return conditions.isEmpty ? ["TRUE"] : conditions
    }

    /// The page's start among short labels, as their index compares them.
    private var shortLabelStart: [SQLText] {
        guard let (place, isIncluded) = list.start, case .text(let text) = place.value else { return [] }
        let prefix: SQLText = "\(raw: ListQuery.labelPrefix)"
        guard text.unicodeScalars.count > 200 else {
            let comparison = list.comparison(inclusive: isIncluded)
            return ["(\(prefix), id) \(raw: comparison) (\(text), \(place.id))"]
        }
        // A label sorts before longer labels that begin with it.
        return ["\(prefix) \(raw: list.isDescendingInTable ? "<=" : ">") left(\(text), 200)"]
    }
}
