import TerminalText

/// One line of text in several looks.
struct StyledLine {
    var parts: [(text: String, style: Style)]

    init(_ text: String = "", _ style: Style = .plain) {
        parts = [(text, style)]
    }

    /// A name, padded to a column, and its value.
    init(_ name: String, _ value: String, style: Style = .plain, nameWidth: Int = 15) {
        parts = [(name.padding(toWidth: nameWidth), .dim), (value, style)]
    }

    /// A name and its value, which goes on below itself where it is longer than the room.
    static func facts(
        _ name: String, _ value: String, width: Int, style: Style = .plain, nameWidth: Int = 15
    ) -> [StyledLine] {
        let parts = wrapped(value, width: max(width - nameWidth, 8), style: style)
        return parts.enumerated().map { offset, part in
            StyledLine(offset == 0 ? name : "", part.text, style: style, nameWidth: nameWidth)
        }
    }

    /// Without its looks.
    var text: String { parts.map(\.text).joined() }

    var width: Int { parts.reduce(0) { $0 + DisplayWidth.of(TextSanitizer.line($1.text)) } }

    /// Draws it, and returns the column behind it.
    @discardableResult
    func draw(row: Int, column: Int, limit: Int, in frame: inout Frame) -> Int {
        parts.reduce(column) { place, part in
            frame.put(part.text, row: row, column: place, limit: limit, style: part.style)
        }
    }

    /// `text` in lines of at most `width` cells, broken at blanks where there are some.
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
