/// A bar that shows a share, by eighths of a cell.
enum Gauge {
    /// Where nothing is left.
    static let empty: Character = "░"

    private static let eighths = Array("▏▎▍▌▋▊▉█")

    static func bar(_ share: Double, width: Int) -> String {
        let steps = Int((min(max(share, 0), 1) * Double(width * 8)).rounded(.up))
        var bar = String(repeating: "█", count: steps / 8)
        if steps % 8 > 0 { bar.append(eighths[steps % 8 - 1]) }
        return bar + String(repeating: empty, count: width - (steps + 7) / 8)
    }
}
