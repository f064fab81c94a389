import Foundation
import VisitorSessions
import Yams

/// The effective configuration of a command.
///
/// Precedence: option, environment, profile, `wix.config.json` in the current folder (client ID only), default.
struct Configuration: Equatable {
    var profile: String?
    var store: String?
    var issuer: String?
    var clientID: String?

    /// The URL of the default probe request.
    var probeURL: String?
    var probes: [String: String] = [:]
    var isReadOnly: Bool
    var policy = SessionPolicy()

    var theme: ConfigurationFile.Theme?
    var bell: Set<SessionState> = []

    /// Key overrides as written in the file; the inspector validates them.
    var keys: [String: String] = [:]

    /// The configuration file, which may be missing.
    var file: URL?

    /// The profile that a client ID can be saved in: the one in use, or a new one if there are none.
    var profileToSaveIn: String?

    /// The origin of each setting that isn't the default, by its name in the configuration file.
    var origins: [String: String] = [:]

    /// Whether ``issuer`` was given as an option.
    var isIssuerOption: Bool { origins["issuer"] == "--issuer" }

    /// Computes the effective configuration. A pure function.
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
            bell: file?.bell ?? [], keys: file?.keys ?? [:])
        result.probes = profile?.probes ?? [:]
        if !result.probes.isEmpty { origins["probes"] = own }
        if result.isReadOnly { origins["read-only"] = options.readOnly ? "--read-only" : own }
        for setting in profile?.policy?.names ?? [] { origins[setting] = own }
        if file?.theme != nil { origins["theme"] = "configuration file" }
        if !result.bell.isEmpty { origins["bell"] = "configuration file" }
        if result.keys.isEmpty == false { origins["keys"] = "configuration file" }
        result.origins = origins
        result.profileToSaveIn = name ?? (file?.profiles.isEmpty ?? true ? "default" : nil)
        return result
    }

    private static func missing(_ name: String, _ file: ConfigurationFile?) -> String {
        let known = (file?.profiles.keys.sorted() ?? []).joined(separator: ", ")
        return "The configuration has no profile \(InputRedactor.quoted(name)). "
            + (known.isEmpty ? "It defines no profiles." : "Its profiles: \(known).")
    }

    static func current(
        _ options: GlobalOptions, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Configuration {
        let url = options.config.map { URL(filePath: $0) } ?? Paths(environment: environment).configurationFile
        let file = try ConfigurationFile.read(url)
        if file == nil, options.config != nil {
            throw Failure(.configuration, "The configuration file \(url.path) doesn't exist.")
        }
        var result = try resolve(
            options: options, environment: environment, file: file, wixAppID: WixConfigFile.appID(inFolder: "."))
        result.file = url
        return result
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}

/// Default paths (XDG Base Directory Specification).
struct Paths {
    let configurationFolder: URL
    let stateFolder: URL

    init(environment: [String: String]) {
        // The specification says to ignore relative paths.
        func absolute(_ variable: String) -> URL? {
            environment[variable].flatMap { path in
                path.hasPrefix("/") ? URL(filePath: path, directoryHint: .isDirectory) : nil
            }
        }
        let home = absolute("HOME") ?? Self.homeOfUser
        func folder(_ variable: String, default path: String) -> URL {
            (absolute(variable) ?? home.appending(path: path)).appending(path: "session-inspector")
        }
        configurationFolder = folder("XDG_CONFIG_HOME", default: ".config")
        stateFolder = folder("XDG_STATE_HOME", default: ".local/state")
    }

    /// The home folder in the system's user database.
    private static var homeOfUser: URL {
        let path = getpwuid(getuid())?.pointee.pw_dir.map { String(cString: $0) }
        return URL(filePath: path ?? NSHomeDirectory(), directoryHint: .isDirectory)
    }

    var configurationFile: URL { configurationFolder.appending(path: "config.yml") }
    var keyFile: URL { configurationFolder.appending(path: "key") }
    var store: URL { stateFolder.appending(path: "sessions.sqlite") }
    var browserProfile: URL { stateFolder.appending(path: "browser") }
    var issuerStateFolder: URL { stateFolder.appending(path: "development-issuer") }
}

extension ConfigurationFile {
    /// Saves a client ID in a profile. Everything else in the file stays as it is written.
    ///
    /// - Parameters:
    ///   - profile: A profile without a client ID. If the file has no profiles, it is added as the default profile.
    ///   - url: The file. It is created if it is missing.
    static func save(clientID: String, in profile: String, at url: URL) throws {
        // A link, such as one into a folder of dotfiles, is kept.
        let url = url.resolvingSymlinksInPath()
        let text = try text(of: url) ?? ""
        var expected = try parse(text, at: url)
        expected.profile = expected.profile ?? profile
        expected.profiles[profile, default: Profile()].clientID = clientID
        // For example, a profile on one line (`{…}`) can't be edited line by line.
        guard let edited = try edited(text, adding: clientID, to: profile), (try? parse(edited, at: url)) == expected
        else {
            throw Failure(
                .configuration,
                "\(url.path) wasn't changed. To save the client ID, add `client-id: \(clientID)` to profile \(profile)."
            )
        }
        do throws(FileError) {
            try PrivateFile.createFolder(url.deletingLastPathComponent())
            try PrivateFile.replace(url, with: Data(edited.utf8))
        } catch {
            throw Failure(.configuration, "The client ID wasn't saved: \(url.path) can't be written: \(error.reason).")
        }
    }

    private static func edited(_ text: String, adding clientID: String, to profile: String) throws -> String? {
        let root = try Yams.compose(yaml: text)
        if let first = root?["profiles"]?[profile]?.mapping?.first?.key.mark {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            guard lines.indices.contains(first.line - 1) else { return nil }
            let line = String(repeating: " ", count: first.column - 1) + "client-id: \(clientID)"
            lines.insert(Substring(line), at: first.line - 1)
            return lines.joined(separator: "\n")
        }
        guard root?["profiles"] == nil, root?["profile"] == nil else { return nil }
        let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        return text + separator + "profile: \(profile)\nprofiles:\n  \(profile):\n    client-id: \(clientID)\n"
    }
}

/// Suggests the known word closest to a misspelled one.
enum Spelling {
    /// The name with the fewest differences. `nil`: more than a third of its letters differ.
    static func nearest(to text: String, among names: [String]) -> String? {
        let ranked = names.map { (name: $0, distance: distance(Array(text.lowercased()), Array($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(best.name.count / 3, 1)
        else { return nil }
        return best.name
    }

    /// The Levenshtein distance.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.prefix(64).enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let change = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}

/// `wix.config.json` of a project that Wix manages.
enum WixConfigFile {
    private struct Contents: Decodable {
        var appId: String?
    }

    /// The client ID in the folder's file. `nil` if the file is missing or unreadable: it belongs to another tool and
    /// is optional here.
    static func appID(inFolder folder: String) -> String? {
        let url = URL(filePath: folder).appending(path: "wix.config.json")
        guard let data = try? RegularFile.read(url, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(Contents.self, from: data).appId?.nonEmpty
    }
}
