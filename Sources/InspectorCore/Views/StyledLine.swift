/// One line of text in several looks.
struct StyledLine {
    var parts: [(text: String, style: Style)]

    init(_ text: String = "", _ style: Style = .plain) {
        parts = [(text, style)]
    }

    /// A name, padded to a column, and its value.
    init(_ name: String, _ value: String, style: Style = .plain, nameWidth: Int = 15) {
        let padding = String(repeating: " ", count: max(nameWidth - DisplayWidth.of(name), 1))
        parts = [(name + padding, .dim), (value, style)]
    }

    func draw(row: Int, column: Int, limit: Int, in frame: inout Frame) {
        var place = column
        for part in parts { place = frame.put(part.text, row: row, column: place, limit: limit, style: part.style) }
    }
}
