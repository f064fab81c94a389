/// The terminal's background color, asked with xterm's OSC 11.
enum TerminalBackground {
    static let query = "\u{1B}]11;?\u{7}"

    /// In bytes.
    static let longestReply = 40

    /// How long to wait for a pending reply at exit: the shell would take it for typed text.
    static let timeout: Duration = .milliseconds(100)

    /// Whether the background is light. `nil`: this isn't a reply to the query.
    ///
    /// - Parameter reply: The contents of the control string, such as `11;rgb:ffff/ffff/dddd`.
    static func isLight(reply: [UInt8]) -> Bool? {
        let text = String(decoding: reply, as: UTF8.self)
        guard let match = text.wholeMatch(of: /11;rgba?:([0-9a-fA-F\/]+)/) else { return nil }
        let levels = match.output.1.split(separator: "/").prefix(3).compactMap { digits -> Double? in
            guard (1...4).contains(digits.count), let value = Int(digits, radix: 16) else { return nil }
            return Double(value) / Double((1 << (4 * digits.count)) - 1)
        }
        guard levels.count == 3 else { return nil }
        // Perceived brightness (ITU-R BT.601).
        return levels[0] * 0.299 + levels[1] * 0.587 + levels[2] * 0.114 > 0.5
    }
}
