/// Text in aligned columns.
package struct Table {
    /// Columns are truncated to this width before any is dropped.
    private static let minimumWidth = 4

    private let titles: [String]
    private var rows: [[String]] = []

    package init(_ titles: [String]) {
        self.titles = titles
    }

    package mutating func add(_ row: [String]) {
        rows.append(row.map(TextSanitizer.line))
    }

    /// The table as text. To fit `width`, the last columns are dropped if necessary, then the widest are truncated.
    /// `nil` means no limit.
    package func text(width: Int?) -> String {
        let lines = [titles] + rows
        var widths = titles.indices.map { column in lines.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
        if let width {
            func sum(_ widths: [Int]) -> Int { widths.reduce(0) { $0 + $1 + 2 } - 2 }
            while widths.count > 1, sum(widths.map { min($0, Self.minimumWidth) }) > width { widths.removeLast() }
            var excess = sum(widths) - width
            let minimum = widths.count > 1 ? Self.minimumWidth : 1
            while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > minimum
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

/// A name and a value. The values of several lines are aligned.
package enum FactLine {
    package static func text(_ name: String, _ value: String) -> String {
        TextSanitizer.line(name.padding(toWidth: 32)) + TextSanitizer.line(value)
    }
}

extension Int {
    /// The number with thousands separators.
    package var grouped: String {
        let digits = String(magnitude)
        guard digits.count > 3 else { return String(self) }
        let first = (digits.count - 1) % 3 + 1
        var text = (self < 0 ? "-" : "") + digits.prefix(first)
        var rest = digits.dropFirst(first)
        while !rest.isEmpty {
            text += "," + rest.prefix(3)
            rest = rest.dropFirst(3)
        }
        return text
    }
}
