import GRDB

/// What an update assigns: `name = ?, …`, and a value for each question mark.
struct RowChange {
    var assignments: String
    var values: [(any DatabaseValueConvertible)?]

    init(_ assignments: String, _ values: [(any DatabaseValueConvertible)?]) {
        self.assignments = assignments
        self.values = values
    }

    /// Both.
    static func + (first: RowChange, second: RowChange) -> RowChange {
        RowChange("\(first.assignments), \(second.assignments)", first.values + second.values)
    }
}
