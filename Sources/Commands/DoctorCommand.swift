import ArgumentParser
import Foundation
import VisitorSessions
import WixHeadless

struct DoctorCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the store, its key, the clock, the issuer and the terminal, and say what to do.",
        discussion: """
            Example: session-inspector doctor --profile production

            Ends with 0 only where all is well. No visitor is made.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Open the tokens of all sessions, not of the newest 1000 alone.")
    var all = false

    @Flag(help: "As a JSON array.")
    var json = false

    func perform() async throws {
        let environment = ProcessInfo.processInfo.environment
        let paths = Paths(environment: environment)
        var findings: [Finding] = []
        do {
            let workbench = try await Workbench(options, as: "doctor")
            findings += await StoreCheckup(
                workbench: workbench, paths: paths, environment: environment, opensAll: all
            ).findings()
            findings += await IssuerCheckup(
                url: workbench.issuer.url, manager: workbench.manager, clientID: workbench.configuration.clientID,
                environment: environment
            ).findings()
        } catch {
            guard let failure = Failure(error) else { throw error }
            findings.append(.bad("store", failure.message, "Without it the rest cannot be looked at."))
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
            throw Failure(.configuration, "\(bad) of \(findings.count) checks found something wrong.")
        }
    }
}
