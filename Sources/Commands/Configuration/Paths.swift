import Foundation

/// Where things are by default (XDG Base Directory Specification).
struct Paths {
    let configurationFolder: URL
    let stateFolder: URL

    init(environment: [String: String]) {
        let home = URL(filePath: environment["HOME"] ?? NSHomeDirectory(), directoryHint: .isDirectory)
        func folder(_ variable: String, default path: String) -> URL {
            // The specification has relative paths ignored.
            let value = environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
            let base = value.map { URL(filePath: $0, directoryHint: .isDirectory) } ?? home.appending(path: path)
            return base.appending(path: "session-inspector")
        }
        configurationFolder = folder("XDG_CONFIG_HOME", default: ".config")
        stateFolder = folder("XDG_STATE_HOME", default: ".local/state")
    }

    var configurationFile: URL { configurationFolder.appending(path: "config.yml") }
    var keyFile: URL { configurationFolder.appending(path: "key") }
    var store: URL { stateFolder.appending(path: "sessions.sqlite") }
    var issuerStateFolder: URL { stateFolder.appending(path: "development-issuer") }
}
