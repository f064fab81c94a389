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

    /// The table, its widest columns cut where it does not fit `width`. `nil`: as wide as it needs.
    func text(width: Int?) -> String {
        let lines = [titles] + rows
        var widths = titles.indices.map { column in lines.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
        if let width {
            var excess = widths.reduce(0) { $0 + $1 + 2 } - 2 - width
            while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 4 {
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
