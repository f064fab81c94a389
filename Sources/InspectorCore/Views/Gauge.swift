/// A bar that shows a share, by eighths of a cell.
enum Gauge {
    private static let eighths = Array(" ▏▎▍▌▋▊▉")
    private static let full: Character = "█"

    /// Where nothing is left.
    private static let empty: Character = "░"

    static func draw(_ share: Double, row: Int, columns: Range<Int>, style: Style, in frame: inout Frame) {
        let steps = Int((min(max(share, 0), 1) * Double(columns.count * 8)).rounded(.up))
        let (whole, rest) = (steps / 8, steps % 8)
        let edge = columns.lowerBound + whole
        frame.fill(full, row: row, columns: columns.lowerBound..<edge, style: style)
        let end = rest > 0 ? edge + 1 : edge
        if rest > 0 { frame.fill(eighths[rest], row: row, columns: edge..<end, style: style) }
        frame.fill(empty, row: row, columns: end..<columns.upperBound, style: Style(.gauge))
    }
}
