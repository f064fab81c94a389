import TerminalText
import VisitorSessions

/// When access tokens end in the next four hours: a bar for each part of them.
enum TimelineView {
    private static let bars = Array(" ▁▂▃▄▅▆▇█")

    static func draw(_ model: Model, row: Int, in frame: inout Frame) {
        guard let timeline = model.timeline else { return }
        let next = HeaderView.nextExpiry(model)
        let column = frame.put(" next 4 h ", row: row, column: 0, style: .dim)
        let total = timeline.counts.reduce(0, +)
        let words = total == 0 ? "no token ends" : total == 1 ? "1 token ends" : "\(total.grouped) tokens end"
        // Both texts and what stands between them, before the bars: these tell the least by themselves.
        let texts = DisplayWidth.of(words) + DisplayWidth.of(next) + 5
        let width = min(max(frame.size.width - column - texts, 12), Timeline.parts)
        let counts = gathered(timeline.counts, in: width)
        let most = max(counts.max() ?? 0, 1)
        for (place, count) in counts.enumerated() {
            // The lowest bar is the ground line: a single token stands out from it.
            let height = count == 0 ? 1 : max(count * 8 / most, 2)
            let bar = String(bars[height])
            let isSoon = place * Timeline.parts / width * 300 < Int(model.policy.expiryWarning.inSeconds)
            let style = Style(count == 0 ? .gauge : isSoon ? .expiring : .accent)
            frame.put(bar, row: row, column: column + place, style: style)
        }
        let end = frame.put("  \(words)", row: row, column: column + width, style: .dim)
        let start = frame.size.width - DisplayWidth.of(next) - 1
        if start > end + 1 { frame.put(next, row: row, column: start, style: .dim) }
    }

    /// The parts in fewer bars, each the sum of its own.
    private static func gathered(_ counts: [Int], in width: Int) -> [Int] {
        guard width < counts.count else { return counts }
        return (0..<width).map { place in
            counts[place * counts.count / width..<(place + 1) * counts.count / width].reduce(0, +)
        }
    }
}
