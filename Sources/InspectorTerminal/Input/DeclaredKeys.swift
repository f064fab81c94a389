import CNcurses
package import InspectorCore

/// Key sequences from terminfo, for unusual terminals such as a Sun console (`ESC [ 214 z`) or a VT52 (`ESC A`).
package struct DeclaredKeys: Sendable {
    private var keys: [[UInt8]: Key] = [:]
    private var prefixes: Set<[UInt8]> = []

    /// Skips declarations that would turn other input into keys: single bytes, and sequences such as `ESC [ M`, which
    /// begins a mouse report.
    package init(_ declared: [(sequence: String, key: Key)] = []) {
        for (sequence, key) in declared {
            let bytes = Array(sequence.utf8)
            guard bytes.count > 1, bytes[0] < 0x20, bytes[0] != 0x03, sequence != "\u{1B}[M", sequence != "\u{1B}[T",
                sequence != "\u{1B}[t", bytes[0] != 0x1B || !"]PX^_".utf8.contains(bytes[1]),
                !["\u{1B}[", "\u{1B}O"].contains(sequence)
            else { continue }
            keys[bytes] = key
            for count in 1..<bytes.count { prefixes.insert(Array(bytes.prefix(count))) }
        }
        // These begin standard sequences, too.
        for start in ["\u{1B}", "\u{1B}[", "\u{1B}O"] { prefixes.remove(Array(start.utf8)) }
    }

    func key(_ bytes: [UInt8]) -> Key? { keys.isEmpty ? nil : keys[bytes] }
    func isPrefix(_ bytes: [UInt8]) -> Bool { prefixes.isEmpty ? false : prefixes.contains(bytes) }

    /// The keys of the terminal that ncurses has opened. Main thread only.
    static func ofTerminal() -> DeclaredKeys {
        DeclaredKeys(
            names.compactMap { name, key in cn_declared_key(name).map { (String(cString: $0), key) } })
    }

    private static let names: [(String, Key)] =
        [
            ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home), ("kend", .end),
            ("kfnd", .home), ("kslt", .end), ("kpp", .pageUp), ("knp", .pageDown), ("kdch1", .delete),
            ("kcbt", .backTab), ("kent", .enter), ("kich1", .other), ("kri", .up), ("kind", .down), ("kLFT", .left),
            ("kRIT", .right), ("kHOM", .home), ("kEND", .end), ("kPRV", .pageUp), ("kNXT", .pageDown),
            ("kDC", .delete), ("kIC", .other),
        ] + (1...12).map { ("kf\($0)", .function($0)) }
}
