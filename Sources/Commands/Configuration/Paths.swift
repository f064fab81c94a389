import Foundation

/// Where things are by default (XDG Base Directory Specification).
struct Paths {
    let configurationFolder: URL
    let stateFolder: URL

    init(environment: [String: String]) {
        // The specification has relative paths ignored, and so is a home that is none.
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

    /// As the system's list of users has it.
    private static var homeOfUser: URL {
        let path = getpwuid(getuid())?.pointee.pw_dir.map { String(cString: $0) }
        return URL(filePath: path ?? NSHomeDirectory(), directoryHint: .isDirectory)
    }

    var configurationFile: URL { configurationFolder.appending(path: "config.yml") }
    var keyFile: URL { configurationFolder.appending(path: "key") }
    var store: URL { stateFolder.appending(path: "sessions.sqlite") }
    var issuerStateFolder: URL { stateFolder.appending(path: "development-issuer") }
}
