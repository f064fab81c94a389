import TerminalText

/// One of several things to choose from: its key, and what it is.
enum ChoiceLine {
    static func line(isChosen: Bool, _ key: String, _ text: String, keyWidth: Int = 8, isDim: Bool = false)
        -> StyledLine
    {
        var line = StyledLine(isChosen ? "▌ " : "  ", Style(.accent))
        if keyWidth > 0 { line.parts.append((key.padding(toWidth: keyWidth), Style(.match))) }
        line.parts.append((text, Style(isDim ? .dim : .plain, bold: isChosen)))
        return line
    }

    /// So many choices around the chosen one.
    static func window(of count: Int, around choice: Int, height: Int) -> Range<Int> {
        let first = min(max(choice - height + 1, 0), count)
        return first..<min(first + height, count)
    }
}
