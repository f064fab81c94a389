import ArgumentParser
import Foundation
import Testing
import VisitorSessions

@testable import Commands

@Suite("The configuration")
struct ConfigurationTests {
    private func resolve(
        _ arguments: [String] = [], environment: [String: String] = [:], profile: [String: String]? = nil,
        wixAppID: String? = nil
    ) throws -> Configuration {
        var yaml: ConfigurationFile?
        if let profile {
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { unlink(folder.appending(path: "config.yml").path) }
            let lines = profile.map { "    \($0.key): \($0.value)\n" }.joined()
            let file = folder.appending(path: "config.yml")
            try Data("profile: home\nprofiles:\n  home:\n\(lines)".utf8).write(to: file)
            yaml = try ConfigurationFile.read(file)
        }
        return try Configuration.resolve(
            options: try GlobalOptions.parse(arguments), environment: environment, file: yaml, wixAppID: wixAppID)
    }

    private static let saved = "7c9e01ab-0f4e-4f6a-9a52-1b1d5e0c7a11"

    @Test(
        "A client ID is saved in its profile, and the rest of the file stays as it is written",
        arguments: [
            ("", "default", "profile: default\nprofiles:\n  default:\n    client-id: ID\n"),
            (
                "# mine\ntheme: dark", "default",
                "# mine\ntheme: dark\nprofile: default\nprofiles:\n  default:\n    client-id: ID\n"
            ),
            (
                "profile: b # usual\nprofiles:\n  a:\n    issuer: http://a\n  b: # ours\n\n      # where\n      store: /b\n",
                "b",
                "profile: b # usual\nprofiles:\n  a:\n    issuer: http://a\n  b: # ours\n\n      # where\n      client-id: ID\n      store: /b\n"
            ),
        ])
    func saves(text: String, profile: String, edited: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let (file, link) = (folder.appending(path: "dotfiles/config.yml"), folder.appending(path: "config.yml"))
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if text.isEmpty {
            try ConfigurationFile.save(clientID: Self.saved, in: profile, at: file)
        } else {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            try ConfigurationFile.save(clientID: Self.saved, in: profile, at: link)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == edited.replacing("ID", with: Self.saved))
        #expect(try ConfigurationFile.read(file)?.profiles[profile]?.clientID == Self.saved)
    }

    @Test(
        "A file that can't be edited safely isn't changed, and the error says what to add",
        arguments: [
            "profile: b\nprofiles: {b: {store: /b}}\n", "profile: b\nprofiles:\n  b: {store: /b, issuer: http://b}\n",
        ])
    func doesNotSave(text: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { unlink(file.path) }
        try Data(text.utf8).write(to: file)
        let failure = #expect(throws: Failure.self) {
            try ConfigurationFile.save(clientID: Self.saved, in: "b", at: file)
        }
        #expect(failure?.message.contains("add `client-id: \(Self.saved)` to profile b") == true)
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test("Options take precedence over the environment, then the profile, then wix.config.json")
    func precedence() throws {
        let environment = ["WIX_CLIENT_ID": "environment", "SESSION_INSPECTOR_ISSUER": "https://environment"]
        let profile = ["client-id": "profile", "issuer": "https://profile", "store": "/profile"]
        let all = try resolve(
            ["--client-id", "option"], environment: environment, profile: profile, wixAppID: "wix")
        #expect(all.clientID == "option")
        #expect(all.issuer == "https://environment")
        #expect(all.store == "/profile")
        #expect(all.profile == "home")
        #expect(try resolve(environment: environment, profile: profile, wixAppID: "wix").clientID == "environment")
        #expect(try resolve(profile: profile, wixAppID: "wix").clientID == "profile")
        #expect(try resolve(wixAppID: "wix").clientID == "wix")
        #expect(try resolve().clientID == nil)
    }

    @Test(
        "The source with the highest precedence supplies the client ID and is named as its origin",
        arguments: [
            ("option environment profile wix", "option", "--client-id"),
            ("environment profile wix", "environment", "WIX_CLIENT_ID"), ("profile wix", "profile", "profile home"),
            ("wix", "wix", "wix.config.json"), ("", nil, nil),
        ] as [(String, String?, String?)])
    func clientIDOrigin(given: String, value: String?, origin: String?) throws {
        let words = given.split(separator: " ")
        let found = try resolve(
            words.contains("option") ? ["--client-id", "option"] : [],
            environment: words.contains("environment") ? ["WIX_CLIENT_ID": "environment"] : [:],
            profile: words.contains("profile") ? ["client-id": "profile"] : nil,
            wixAppID: words.contains("wix") ? "wix" : nil)
        #expect(found.clientID == value)
        #expect(found.origins["client-id"] == origin)
    }

    @Test("The profile's policy applies; theme and keys are passed through")
    func profilePolicy() throws {
        let found = try file(
            """
            profile: a
            profiles: {a: {policy: {expiry-warning: 10m, leeway: 45s}, probe-url: "https://x/y", probes: {cart: "https://x/z"}}}
            theme: light
            keys: {generate: n}
            """)
        let configuration = try Configuration.resolve(
            options: try GlobalOptions.parse([]), environment: [:], file: found, wixAppID: nil)
        #expect(configuration.policy.expiryWarning == .seconds(600) && configuration.policy.leeway == .seconds(45))
        #expect(configuration.policy.gracePeriod == .seconds(86_400))
        #expect(configuration.probes == ["cart": "https://x/z"])
        #expect(configuration.probeURL == "https://x/y" && configuration.policy.budget?.requestsPerMinute == 200)
        #expect(configuration.theme?.background == "light" && configuration.keys == ["generate": "n"])
    }

    @Test("Request settings apply, and 0 requests per minute means unlimited")
    func requestPolicy() throws {
        let found = try file(
            """
            profile: a
            profiles:
              a: {policy: {renew-ahead: 1m, flight-deadline: 2m, attempts: 5, requests-per-minute: 0}}
              b: {policy: {requests-per-minute: 60}}
            """)
        func policy(_ options: String...) throws -> SessionPolicy {
            try Configuration.resolve(
                options: try GlobalOptions.parse(options), environment: [:], file: found, wixAppID: nil
            ).policy
        }
        let first = try policy()
        #expect(first.renewAhead == .seconds(60) && first.flightDeadline == .seconds(120))
        #expect(first.attempts == 5 && first.budget == nil)
        #expect(try policy("--profile", "b").budget?.requestsPerMinute == 60)
    }

    @Test(
        "A mistake in the file is reported with its line and a suggestion",
        arguments: [
            ("profles: {}", "Did you mean “profiles”?"), ("profiles: {a: {isuer: x}}", "Did you mean “issuer”?"),
            ("profiles: {a: {policy: {expiry_warning: 1m}}}", "Did you mean “expiry-warning”?"),
            ("profiles: {a: {policy: {leeway: soon}}}", "must be a duration"),
            ("profiles: {a: {policy: {attempts: 0}}}", "at least 1"),
            ("profiles: {a: {policy: {requests-per-minute: -1}}}", "0 (unlimited)"),
            ("theme: blue", "dark, light, auto, or a map"), ("theme: {colors: {expired: red}}", "or a map of colors"),
            ("keys: {zoom: [r]}", "“keys.zoom” must be a single value"),
            ("theme: {expird: red}", "Did you mean “expired”?"),
            ("theme: {expired: rosy}", "a color such as red"), ("bell: valid", "one or more of: expiring, expired"),
            ("nonsense: 1", "Known settings: profile"), ("profiles: 7", "“profiles” must be a map"),
            ("a: [", "config.yml"),
            ("theme: dark\nkeys: {generat: n}", "line 2: Unknown action “generat”. Did you mean “generate”?"),
            ("profiles:\n  a:\n    isuer: x", "line 3: Unknown setting “isuer”"),
            ("profiles:\n  a:\n    policy: {leeway: soon}", "line 3: “leeway” must be a duration"),
            ("profile: a\nprofiles: 7", "line 2: “profiles” must be"), ("theme: dark\nb: c: d", "line 2: Invalid YAML"),
        ])
    func mistakes(yaml: String, sentence: String) throws {
        let failure = try #require(#expect(throws: Failure.self) { try file(yaml) })
        #expect(failure.status == .configuration)
        #expect(failure.message.contains(sentence), "\(failure.message)")
    }

    @Test("A file that would need excessive memory or time is rejected")
    func limits() throws {
        // Each list repeats the previous one nine times.
        let bomb = (1...9).map { level in
            "l\(level): &l\(level) [" + Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ",") + "]"
        }
        let quiet = "profiles:\n" + (0..<5000).map { "  p\($0): {}\n" }.joined()
        let merged = "a: &a [\((0..<3000).map(String.init).joined(separator: ","))]\nb: [*a, *a]"
        for (yaml, sentence) in [
            ("l0: &l0 [x]\n" + bomb.joined(separator: "\n"), "more than 20 aliases"), (quiet, "more than 4000 values"),
            (merged, "more than 4000 values"), (String(repeating: "[", count: 100_000), "Invalid YAML"),
        ] {
            let failure = try #require(#expect(throws: Failure.self) { try file(yaml) })
            #expect(failure.message.contains(sentence), "\(failure.message)")
        }
        let shared = "profiles:\n  a: &a {issuer: x}\n  b: *a\nkeys: {}"
        #expect(try file(shared)?.profiles["b"]?.issuer == "x")
        #expect(try file("# nothing") == ConfigurationFile())
    }

    private func file(_ yaml: String) throws -> ConfigurationFile? {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { unlink(folder.appending(path: "config.yml").path) }
        let url = folder.appending(path: "config.yml")
        try Data(yaml.utf8).write(to: url)
        return try ConfigurationFile.read(url)
    }

    @Test("The option and the profile can each enable read-only mode")
    func readOnly() throws {
        #expect(try resolve(["--read-only"]).isReadOnly)
        #expect(try resolve(profile: ["read-only": "true"]).isReadOnly)
        #expect(try !resolve(profile: ["read-only": "false"]).isReadOnly)
    }

    @Test("An empty variable counts as unset")
    func emptyVariables() throws {
        let environment = ["WIX_CLIENT_ID": "", "SESSION_INSPECTOR_STORE": "", "SESSION_INSPECTOR_PROFILE": ""]
        let configuration = try resolve(environment: environment, wixAppID: "wix")
        #expect(configuration.clientID == "wix" && configuration.store == nil && configuration.profile == nil)
    }

    @Test("Relative base folders are ignored, as the XDG specification requires")
    func paths() {
        let relative = Paths(environment: ["HOME": "/home/ada", "XDG_STATE_HOME": "here", "XDG_CONFIG_HOME": "/etc/x"])
        #expect(relative.store.path == "/home/ada/.local/state/session-inspector/sessions.sqlite")
        let homeless = Paths(environment: ["HOME": ""])
        #expect(homeless.store.path.hasSuffix("/.local/state/session-inspector/sessions.sqlite"))
        #expect(
            homeless.store.path.hasPrefix("/")
                && !homeless.store.path.hasPrefix(FileManager.default.currentDirectoryPath + "/."))
        #expect(relative.configurationFile.path == "/etc/x/session-inspector/config.yml")
    }

    @Test(
        "Durations need a unit",
        arguments: [
            ("90s", Duration.seconds(90)), ("15m", .seconds(900)), ("4h", .seconds(14_400)),
            ("365d", .seconds(31_536_000)), ("0.5s", .milliseconds(500)), ("0s", .zero),
        ])
    func durations(text: String, duration: Duration) {
        #expect(Duration(argument: text) == duration)
    }

    @Test(
        "Invalid durations are rejected",
        arguments: ["", "s", "90", "0", "-5", "5x", "4 h", "nan", "inf", "1e300d", "--"])
    func invalidDurations(text: String) {
        #expect(Duration(argument: text) == nil)
    }
}
