import ArgumentParser
import Foundation
import InspectorCore
import TerminalText
import VisitorSessions
import WixHeadless

struct ConfigCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the effective settings and their origins.",
        discussion: "Example: session-inspector config --profile production")

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Print a JSON object with each setting's value and origin.")
    var json = false

    private struct Setting: Encodable {
        var value: String?
        var origin: String
    }

    private static func list(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }

    func perform() async throws {
        let environment = ProcessInfo.processInfo.environment
        let configuration = try Configuration.current(options, environment: environment)
        for warning in Keymap.standard.changed(by: configuration.keys).warnings { StandardError.say(warning) }
        let paths = Paths(environment: environment)
        let hasKeyVariable = environment["SESSION_INSPECTOR_KEY"]?.nonEmpty != nil
        let policy = configuration.policy
        let values: [(name: String, value: String?)] = [
            ("profile", configuration.profile), ("client-id", configuration.clientID),
            ("issuer", configuration.issuer ?? IssuerURL.wix.description),
            ("store", configuration.store.map(StoreLocation.shown) ?? paths.store.path),
            ("probe-url", configuration.probeURL), ("probes", Self.list(configuration.probes)),
            ("read-only", configuration.isReadOnly ? "true" : "false"),
            ("expiry-warning", policy.expiryWarning.defaultValueDescription),
            ("renew-ahead", policy.renewAhead.defaultValueDescription),
            ("leeway", policy.leeway.defaultValueDescription),
            ("flight-deadline", policy.flightDeadline.defaultValueDescription),
            ("grace-period", policy.gracePeriod.defaultValueDescription), ("attempts", "\(policy.attempts)"),
            ("requests-per-minute", policy.budget.map { "\($0.requestsPerMinute)" } ?? "unlimited"),
            ("theme", configuration.theme?.background ?? "auto"),
            ("bell", configuration.bell.map(\.rawValue).sorted().joined(separator: ", ")),
            ("keys", Self.list(configuration.keys)),
        ]
        var settings = values.map { name, value in
            (name, Setting(value: value, origin: configuration.origins[name] ?? "default"))
        }
        // The key itself is secret.
        settings.append(
            hasKeyVariable
                ? ("sealing-key", Setting(value: "••••••••", origin: "SESSION_INSPECTOR_KEY"))
                : ("sealing-key", Setting(value: paths.keyFile.path, origin: "default")))
        if json {
            let object = Dictionary(uniqueKeysWithValues: settings)
            return try StandardOutput.say(try JSONText.object(object))
        }
        var table = Table(["SETTING", "VALUE", "FROM"])
        for (name, setting) in settings { table.add([name, setting.value?.nonEmpty ?? "–", setting.origin]) }
        try StandardOutput.write(table.text(width: StandardOutput.width))
    }
}
