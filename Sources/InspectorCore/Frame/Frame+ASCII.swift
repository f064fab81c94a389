extension Frame {
    /// The frame for terminals and readers that know ASCII alone. Nothing moves: each cell keeps its place.
    ///
    /// What is drawn by us has a sign of its own; of other text a question mark is left.
    public var inASCII: Frame {
        var frame = self
        for index in cells.indices where !cells[index].character.isASCII {
            let cell = cells[index]
            // The half block marks a choice, or is a part of a gauge.
            let isMark = cell.character == "▌" && [.accent, .dim].contains(cell.style.role)
            frame.cells[index].character = isMark ? ">" : Self.ascii[cell.character] ?? "?"
        }
        for index in cells.indices where cells[index].isContinuation {
            frame.cells[index].character = "?"
            frame.cells[index].isContinuation = false
        }
        return frame
    }

    private static let ascii: [Character: Character] = [
        "─": "-", "━": "=", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┯": "+",
        "┴": "+", "▌": "#",
        "▏": "#", "▎": "#", "▍": "#", "▋": "#", "▊": "#", "▉": "#", "█": "#", "░": ".", "▁": "_", "▂": ".", "▃": ":",
        "▄": "-", "▅": "=", "▆": "+", "▇": "*", "●": "*", "◐": "~", "○": "o", "↻": "@", "✖": "x", "⊘": "-", "✔": "+",
        "✓": "+", "▽": "v", "△": "^", "·": "-", "–": "-", "…": "~", "▸": ">", "↑": "^", "↓": "v", "←": "<", "→": ">",
        "•": "*", "×": "x", "“": "\"", "”": "\"", "’": "'",
    ]
}
