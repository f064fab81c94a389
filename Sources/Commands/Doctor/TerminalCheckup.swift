import Foundation
import InspectorTerminal

/// Looks at what the inspector would be drawn on.
struct TerminalCheckup {
    let environment: [String: String]

    func findings() -> [Finding] {
        guard isatty(STDIN_FILENO) == 1, StandardOutput.isTerminal || isatty(STDERR_FILENO) == 1 else {
            return [.note("terminal", "there is none here", "The inspector needs one; every other command does not.")]
        }
        var size = winsize()
        _ = ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size)
        let isRoomy = size.ws_col >= 40 && size.ws_row >= 10
        let text = "\(environment["TERM"] ?? "no TERM"), \(size.ws_col)×\(size.ws_row), \(colours)"
        return [
            isRoomy ? .good("terminal", text) : .bad("terminal", text, "Make it 40×10 at least."), characters,
            clipboard,
        ]
    }

    private var colours: String {
        if environment["NO_COLOR"]?.nonEmpty != nil { return "no colours (NO_COLOR)" }
        if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") { return "true colour" }
        return environment["TERM"]?.contains("256") == true ? "256 colours" : "16 colours"
    }

    private var characters: Finding {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0]?.nonEmpty }.first ?? ""
        return locale.uppercased().replacing("-", with: "").contains("UTF8")
            ? .good("characters", "UTF-8")
            : .bad("characters", "not UTF-8", "export LANG=C.UTF-8")
    }

    private var clipboard: Finding {
        .good("clipboard", environment["TMUX"]?.nonEmpty == nil ? "by OSC 52" : "by tmux's buffers")
    }
}
