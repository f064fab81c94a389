import InspectorCore

/// Lines of cells in aligned columns.
struct Table {
    private let titles: [String]
    private var rows: [[String]] = []

    init(_ titles: [String]) {
        self.titles = titles
    }

    mutating func add(_ row: [String]) {
        rows.append(row.map(TextSanitizer.line))
    }

    /// The narrowest that a column is cut to.
    private static let narrowest = 4

    /// The table, its widest columns cut where it does not fit `width`, and the last ones left out where that is not enough.
    /// `nil`: as wide as it needs.
    func text(width: Int?) -> String {
        let lines = [titles] + rows
        var widths = titles.indices.map { column in lines.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
        if let width {
            func sum(_ widths: [Int]) -> Int { widths.reduce(0) { $0 + $1 + 2 } - 2 }
            while widths.count > 1, sum(widths.map { min($0, Self.narrowest) }) > width { widths.removeLast() }
            var excess = sum(widths) - width
            let narrowest = widths.count > 1 ? Self.narrowest : 1
            while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > narrowest
            {
                widths[widest] -= 1
                excess -= 1
            }
        }
        return lines.map { line(of: $0, widths) }.joined()
    }

    private func line(of cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (cell, width) in zip(cells, widths) {
            let text = DisplayWidth.fit(cell, to: width)
            line += text + String(repeating: " ", count: width - DisplayWidth.of(text) + 2)
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
