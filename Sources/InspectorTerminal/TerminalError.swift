/// Why there is no screen to draw on, and what to use instead.
public struct TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    static let instead = "`session-inspector list` shows the sessions, and `watch` what happens to them, without one."

    static let noTerminal = TerminalError(
        description: "The inspector needs a terminal on standard input and output. \(instead)")

    static func unusable(_ name: String) -> TerminalError {
        TerminalError(
            description: """
                The inspector cannot draw on a terminal of type “\(name)” (TERM): this machine has no description of it, or \
                it cannot place text. Where it is a newer xterm, TERM=xterm-256color does; Debian has more in ncurses-term. \
                \(instead)
                """)
    }
}
