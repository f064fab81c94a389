import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions
import WixHeadless

struct DoctorCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the store, key, clock, issuer and terminal.",
        discussion: """
            Example: session-inspector doctor --profile production

            Exits 0 only if all checks pass. Creates no visitor: the issuer is asked to renew a token that doesn't exist.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Decrypt the tokens of all sessions, not just the newest 1000.")
    var all = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func perform() async throws {
        let environment = ProcessInfo.processInfo.environment
        let paths = Paths(environment: environment)
        var findings: [Finding] = []
        do {
            findings.append(KeyCheckup(file: paths.keyFile, environment: environment).finding())
            let context = try await CommandContext(options, as: "doctor", isTrial: true)
            findings += await StoreCheckup(context: context, keys: paths.keyFile.path, checksAll: all).findings()
            findings += await IssuerCheckup(
                url: context.issuer.url, manager: context.manager, clientID: context.configuration.clientID,
                environment: environment
            ).findings()
        } catch {
            guard let failure = Failure(error) else { throw error }
            findings.append(
                failure.status == .configuration
                    ? .bad("configuration", failure.message, "Fix this first; the remaining checks depend on it.")
                    : .bad("store", failure.message, "The remaining checks need the store."))
        }
        findings += TerminalCheckup(environment: environment).findings()
        if json {
            try StandardOutput.say(try JSONText.object(findings))
        } else {
            for finding in findings {
                let sign = finding.verdict == .good ? "✔" : finding.verdict == .note ? "·" : "✖"
                try StandardOutput.say(FactLine.text("\(sign) \(finding.subject)", finding.text))
                if let remedy = finding.remedy { try StandardOutput.say(FactLine.text("", "→ \(remedy)")) }
            }
        }
        let bad = findings.count { $0.verdict == .bad }
        guard bad == 0 else {
            throw Failure(.configuration, "\(bad) of \(findings.count) checks failed.")
        }
    }
}

/// Checks the terminal that the inspector would use.
struct TerminalCheckup {
    let environment: [String: String]

    func findings() -> [Finding] {
        guard isatty(STDIN_FILENO) == 1, StandardOutput.isTerminal || isatty(STDERR_FILENO) == 1 else {
            return [.note("terminal", "none", "Only the inspector needs one.")]
        }
        var size = winsize()
        _ = ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size)
        let isRoomy = size.ws_col >= 40 && size.ws_row >= 10
        let text = "\(environment["TERM"] ?? "no TERM"), \(size.ws_col)×\(size.ws_row), \(colors)"
        return [
            isRoomy ? .good("terminal", text) : .bad("terminal", text, "Enlarge it to at least 40×10."), characters,
            clipboard,
        ]
    }

    private var colors: String {
        if environment["NO_COLOR"]?.nonEmpty != nil { return "no colors (NO_COLOR)" }
        if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") { return "true color" }
        return environment["TERM"]?.contains("256") == true ? "256 colors" : "16 colors"
    }

    private var characters: Finding {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0]?.nonEmpty }.first ?? ""
        return locale.uppercased().replacing("-", with: "").contains("UTF8")
            ? .good("characters", "UTF-8")
            : .bad("characters", "not UTF-8", "export LANG=C.UTF-8")
    }

    private var clipboard: Finding {
        .good("clipboard", environment["TMUX"]?.nonEmpty == nil ? "OSC 52" : "tmux buffers")
    }
}
