extension Frame {
    /// The frame for terminals and readers that know ASCII alone. Nothing moves: each cell keeps its place.
    ///
    /// What is drawn by us has a sign of its own; of other text a question mark is left.
    public var inASCII: Frame {
        var frame = self
        for index in cells.indices where !cells[index].character.isASCII {
            frame.cells[index].character = Self.ascii[cells[index].character] ?? "?"
        }
        for index in cells.indices where cells[index].isContinuation {
            frame.cells[index].character = "?"
            frame.cells[index].isContinuation = false
        }
        return frame
    }

    private static let ascii: [Character: Character] = [
        "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┴": "+", "▌": ">",
        "▏": "#", "▎": "#", "▍": "#", "▋": "#", "▊": "#", "▉": "#", "█": "#", "░": ".", "▁": "_", "▂": ".", "▃": ":",
        "▄": "-", "▅": "=", "▆": "+", "▇": "*", "●": "*", "◐": "~", "○": "o", "↻": "@", "✖": "x", "⊘": "-", "✔": "+",
        "✓": "+", "▽": "v", "△": "^", "·": "-", "–": "-", "…": "~", "▸": ">", "↑": "^", "↓": "v", "←": "<", "→": ">",
        "•": "*", "×": "x", "“": "\"", "”": "\"", "’": "'",
    ]
}
