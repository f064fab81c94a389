import Foundation

/// What a command works with, from everything that may say so.
///
/// Precedence: option, environment, profile, `wix.config.json` in this folder (client ID only), default.
struct Configuration: Equatable {
    var profile: String?
    var store: String?
    var issuer: String?
    var clientID: String?
    var isReadOnly: Bool

    /// The effective configuration: a pure decision.
    static func resolve(
        options: GlobalOptions, environment: [String: String], file: ConfigurationFile?, wixAppID: String?
    ) throws -> Configuration {
        let name = options.profile ?? environment["SESSION_INSPECTOR_PROFILE"]?.nonEmpty ?? file?.profile
        let profile = name.flatMap { file?.profiles[$0] }
        if let name, profile == nil {
            let known = (file?.profiles.keys.sorted() ?? []).joined(separator: ", ")
            throw Failure(
                .configuration,
                "There is no profile “\(name)” in the configuration. "
                    + (known.isEmpty ? "It has no profiles." : "There are: \(known)."))
        }
        return Configuration(
            profile: name,
            store: options.store ?? environment["SESSION_INSPECTOR_STORE"]?.nonEmpty ?? profile?.store,
            issuer: options.issuer ?? environment["SESSION_INSPECTOR_ISSUER"]?.nonEmpty ?? profile?.issuer,
            clientID: options.clientID ?? environment["WIX_CLIENT_ID"]?.nonEmpty ?? profile?.clientID ?? wixAppID,
            isReadOnly: options.readOnly || profile?.readOnly == true)
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
