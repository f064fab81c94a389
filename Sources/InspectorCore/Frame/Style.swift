import TerminalText
import VisitorSessions

/// How a cell looks, named by meaning. A theme in the terminal chooses the colors.
package struct Style: Hashable, Sendable {
    package enum Role: UInt8, Sendable, CaseIterable {
        case plain, dim, title, bar, barKey, heading, accent, match, error, notice, gauge, secret
        case valid, expiring, expired, renewing, unresolved, refused, discarded, damaged
    }

    package var role: Role
    package var isBold: Bool
    package var isSelected: Bool

    package init(_ role: Role = .plain, bold: Bool = false, selected: Bool = false) {
        self.role = role
        self.isBold = bold
        self.isSelected = selected
    }

    package static let plain = Style()
    package static let dim = Style(.dim)

    /// The look on a terminal without colors.
    package var emphasis: Emphasis {
        Emphasis(isBold: isBold, isReversed: isSelected || [.bar, .barKey].contains(role), isDim: role == .dim)
    }
}

/// The attributes that every terminal has.
package struct Emphasis: Hashable, Sendable {
    package var isBold: Bool
    package var isReversed: Bool
    package var isDim: Bool
}

extension SessionState {
    /// A sign for each state, because color is never the only sign.
    var glyph: String {
        switch self {
        case .valid: "●"
        case .expiring: "◐"
        case .expired: "○"
        case .renewing: "↻"
        case .unresolved: "?"
        case .refused: "✖"
        case .discarded: "⊘"
        case .damaged: "!"
        }
    }

    var role: Style.Role {
        switch self {
        case .valid: .valid
        case .expiring: .expiring
        case .expired: .expired
        case .renewing: .renewing
        case .unresolved: .unresolved
        case .refused: .refused
        case .discarded: .discarded
        case .damaged: .damaged
        }
    }
}

/// A line of text in several styles.
struct StyledLine {
    var parts: [(text: String, style: Style)]

    init(_ text: String = "", _ style: Style = .plain) {
        parts = [(text, style)]
    }

    /// A name, padded to a column, and its value.
    init(_ name: String, _ value: String, style: Style = .plain, nameWidth: Int = 16) {
        parts = [(name.padding(toWidth: nameWidth), .dim), (value, style)]
    }

    /// A name and its value, wrapped below itself if it is too long.
    static func facts(
        _ name: String, _ value: String, width: Int, style: Style = .plain, nameWidth: Int = 16
    ) -> [StyledLine] {
        let parts = wrapped(value, width: max(width - nameWidth, 8), style: style)
        return parts.enumerated().map { offset, part in
            StyledLine(offset == 0 ? name : "", part.text, style: style, nameWidth: nameWidth)
        }
    }

    /// Its text without styles.
    var text: String { parts.map(\.text).joined() }

    var width: Int { parts.reduce(0) { $0 + DisplayWidth.of(TextSanitizer.line($1.text)) } }

    /// Draws it and returns the column after it.
    @discardableResult
    func draw(row: Int, column: Int, limit: Int, in frame: inout Frame) -> Int {
        parts.reduce(column) { place, part in
            frame.put(part.text, row: row, column: place, limit: limit, style: part.style)
        }
    }

    /// Wraps `text` into lines of at most `width` cells, at blanks where possible. The last line ends in an ellipsis if there
    /// would be more than `limit`.
    static func wrapped(_ text: String, width: Int, style: Style = .plain, lines limit: Int = .max) -> [StyledLine] {
        var lines: [String] = [""]
        for word in TextSanitizer.line(text).split(separator: " ") {
            var word = String(word)
            let line = lines[lines.count - 1]
            if line.isEmpty || DisplayWidth.of(line) + 1 + DisplayWidth.of(word) <= width {
                if !line.isEmpty { lines[lines.count - 1] = line + " " + word }
            } else {
                lines.append("")
            }
            guard lines[lines.count - 1].isEmpty else { continue }
            while DisplayWidth.of(word) > max(width, 2) {
                var head = ""
                while let first = word.first, DisplayWidth.of(head) + DisplayWidth.of(first) <= max(width, 2) {
                    head.append(word.removeFirst())
                }
                lines[lines.count - 1] = head
                lines.append("")
            }
            lines[lines.count - 1] = word
        }
        if lines.count > limit {
            let rest = lines[(limit - 1)...].joined(separator: " ")
            lines = lines.prefix(limit - 1) + [DisplayWidth.fit(rest, to: width)]
        }
        return lines.map { StyledLine($0, style) }
    }
}

extension TextField {
    static let maskedCharacters = 40

    /// A mark for each character, because tokens are secrets, and how many there are if that is more than `limit`.
    func masked(atMost limit: Int = maskedCharacters) -> String {
        String(repeating: "•", count: min(count, limit)) + (count > limit ? "… \(count) characters" : "")
    }

    /// Draws the part around the cursor that fits, with the terminal's cursor in it. Returns the column after it.
    @discardableResult
    func draw(row: Int, columns: Range<Int>, in frame: inout Frame) -> Int {
        // The end of what is before the cursor matters most: it was typed last.
        let head = DisplayWidth.suffix(of: TextSanitizer.line(self.head), width: max(columns.count - 1, 1))
        let column = frame.put(String(head), row: row, column: columns.lowerBound, limit: columns.upperBound)
        let end = frame.put(TextSanitizer.line(tail), row: row, column: column, limit: columns.upperBound)
        frame.cursor = Place(row: row, column: min(column, columns.upperBound - 1))
        frame.showsCursor = true
        return end
    }
}

/// A bar that shows a share, in eighths of a cell.
enum Gauge {
    private static let eighths = Array(" ▏▎▍▌▋▊▉")

    static func draw(_ share: Double, row: Int, columns: Range<Int>, style: Style, in frame: inout Frame) {
        let steps = Int((min(max(share, 0), 1) * Double(columns.count * 8)).rounded(.up))
        let (whole, rest) = (steps / 8, steps % 8)
        let edge = columns.lowerBound + whole
        frame.fill("█", row: row, columns: columns.lowerBound..<edge, style: style)
        let end = rest > 0 ? edge + 1 : edge
        if rest > 0 { frame.fill(eighths[rest], row: row, columns: edge..<end, style: style) }
        frame.fill("░", row: row, columns: end..<columns.upperBound, style: Style(.gauge))
    }
}
