import Foundation

/// What other programs hand over as bytes, and Swift as text: what isn't UTF-8 would become another text, and so another path.
enum ReadableText {
    static func requireArguments() throws {
        for place in 1..<max(Int(CommandLine.argc), 1) {
            if let word = CommandLine.unsafeArgv[place], String(validatingCString: word) == nil {
                throw Failure(.usage, "Argument \(place) isn't UTF-8. Give a path that is, such as a link to the file.")
            }
        }
        for name in [
            "HOME", "SESSION_INSPECTOR_STORE", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
        ] {
            if let value = getenv(name), String(validatingCString: value) == nil {
                throw Failure(.configuration, "The environment variable \(name) isn't UTF-8. Set it to a path that is.")
            }
        }
    }

    /// For a path that begins in the current folder.
    static func requireCurrentFolder() throws {
        guard let folder = getcwd(nil, 0) else { return }
        defer { free(folder) }
        guard String(validatingCString: folder) != nil else {
            throw Failure(.usage, "The current folder's path isn't UTF-8. Give the store an absolute path that is.")
        }
    }
}
