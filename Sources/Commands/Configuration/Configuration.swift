import Foundation
import VisitorSessions

/// What a command works with, from everything that may say so.
///
/// Precedence: option, environment, profile, `wix.config.json` in this folder (client ID only), default.
struct Configuration: Equatable {
    var profile: String?
    var store: String?
    var issuer: String?
    var clientID: String?

    /// Where the inspector sends a request to try a session.
    var probeURL: String?
    var isReadOnly: Bool
    var policy = SessionPolicy()

    /// How the inspector looks, and which keys do what: plain, for it to judge.
    var theme: String?
    var keys: [String: String] = [:]

    /// Where each setting that is not the default comes from, by its name in the configuration file.
    var origins: [String: String] = [:]

    /// The effective configuration: a pure decision.
    static func resolve(
        options: GlobalOptions, environment: [String: String], file: ConfigurationFile?, wixAppID: String?
    ) throws -> Configuration {
        var origins: [String: String] = [:]
        func first(_ name: String, _ candidates: (value: String?, origin: String)...) -> String? {
            guard let found = candidates.first(where: { $0.value != nil }) else { return nil }
            origins[name] = found.origin
            return found.value
        }
        func variable(_ name: String) -> (value: String?, origin: String) { (environment[name]?.nonEmpty, name) }

        let name = first(
            "profile", (options.profile, "--profile"), variable("SESSION_INSPECTOR_PROFILE"),
            (file?.profile, "configuration file"))
        let profile = name.flatMap { file?.profiles[$0] }
        if let name, profile == nil {
            throw Failure(.configuration, missing(name, file))
        }
        let own = name.map { "profile \($0)" } ?? ""
        var result = Configuration(
            profile: name,
            store: first(
                "store", (options.store, "--store"), variable("SESSION_INSPECTOR_STORE"), (profile?.store, own)),
            issuer: first(
                "issuer", (options.issuer, "--issuer"), variable("SESSION_INSPECTOR_ISSUER"), (profile?.issuer, own)),
            clientID: first(
                "client-id", (options.clientID, "--client-id"), variable("WIX_CLIENT_ID"), (profile?.clientID, own),
                (wixAppID, "wix.config.json")),
            probeURL: first("probe-url", (profile?.probeURL, own)),
            isReadOnly: options.readOnly || profile?.readOnly == true,
            policy: profile?.policy?.applied(to: SessionPolicy()) ?? SessionPolicy(), theme: file?.theme,
            keys: file?.keys ?? [:])
        if result.isReadOnly { origins["read-only"] = options.readOnly ? "--read-only" : own }
        for setting in profile?.policy?.names ?? [] { origins[setting] = own }
        if file?.theme != nil { origins["theme"] = "configuration file" }
        if result.keys.isEmpty == false { origins["keys"] = "configuration file" }
        result.origins = origins
        return result
    }

    private static func missing(_ name: String, _ file: ConfigurationFile?) -> String {
        let known = (file?.profiles.keys.sorted() ?? []).joined(separator: ", ")
        return "There is no profile \(Quotation.of(name)) in the configuration. "
            + (known.isEmpty ? "It has no profiles." : "There are: \(known).")
    }

    /// The effective configuration of this process.
    static func current(
        _ options: GlobalOptions, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Configuration {
        let url = options.config.map { URL(filePath: $0) } ?? Paths(environment: environment).configurationFile
        let file = try ConfigurationFile.read(url)
        if file == nil, options.config != nil {
            throw Failure(.configuration, "There is no configuration file \(url.path).")
        }
        return try resolve(
            options: options, environment: environment, file: file, wixAppID: WixConfigFile.appID(inFolder: "."))
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
