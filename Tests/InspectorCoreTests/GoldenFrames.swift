import Foundation
import InspectorCore
import Testing

/// Screens as plain text, stored beside the tests: for each size its text, then its styles row by row.
///
/// A style is a letter of ``letters`` and the number of its cells; after the bar is its look on a terminal without
/// colors: **b**old, **r**eversed, **d**im. Rows without styles are left out.
///
/// `UPDATE_GOLDEN=1 swift test` rewrites them: read every change before you commit it.
enum GoldenFrames {
    static let sizes = [(20, 5), (40, 10), (80, 24), (120, 36), (200, 60)].map { Size(width: $0.0, height: $0.1) }

    static func page(_ frame: Frame) -> String {
        let looks = (0..<frame.size.height).compactMap { row -> String? in
            let styles = frame.row(row).map(\.style)
            let colored = runs(styles.map(letter))
            guard !colored.isEmpty else { return nil }
            return "\(row)\t\(colored)\t| \(runs(styles.map { letters(of: $0.emphasis) }))"
        }
        let cursor = "\(frame.cursor.row),\(frame.cursor.column)\(frame.showsCursor ? " shown" : "")"
        return "== \(frame.size.width)×\(frame.size.height)\n\(frame.text)\n-- cursor \(cursor)\n"
            + looks.joined(separator: "\n")
    }

    static func expect(
        _ page: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try (page + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        guard page + "\n" != golden else { return }
        let lines = zip(page.split(separator: "\n"), golden.split(separator: "\n"))
        let first = lines.first { $0 != $1 }.map { "\nis     \($0)\nshould \($1)" } ?? ""
        Issue.record("\(name) looks different\(first)", sourceLocation: sourceLocation)
    }

    /// Run-length encodes the styles. Trailing plain cells are left out.
    private static func runs(_ looks: [String]) -> String {
        var runs: [(look: String, count: Int)] = []
        for look in looks {
            if runs.last?.look == look { runs[runs.count - 1].count += 1 } else { runs.append((look, 1)) }
        }
        if runs.last?.look == "." { runs.removeLast() }
        return runs.map { "\($0.look)\($0.count)" }.joined(separator: " ")
    }

    /// A letter for the role, in upper case if bold, with a mark if selected.
    private static func letter(_ style: Style) -> String {
        let letter = letters[style.role] ?? "?"
        return (style.isBold ? letter.uppercased() : letter) + (style.isSelected ? "'" : "")
    }

    private static let letters: [Style.Role: String] = [
        .plain: ".", .dim: "d", .title: "t", .bar: "b", .barKey: "k", .heading: "h", .accent: "a", .match: "m",
        .error: "e", .notice: "n", .gauge: "g", .secret: "s", .valid: "v", .expiring: "w", .expired: "x",
        .renewing: "r", .unresolved: "u", .refused: "f", .discarded: "i", .damaged: "j",
    ]

    private static func letters(of emphasis: Emphasis) -> String {
        let letters =
            (emphasis.isBold ? "b" : "") + (emphasis.isReversed ? "r" : "") + (emphasis.isDim ? "d" : "")
        return letters.isEmpty ? "." : letters
    }
}
