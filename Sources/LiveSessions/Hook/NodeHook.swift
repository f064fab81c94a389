package import Foundation

/// The hook that Node loads into an application (`node-hook.cjs`).
///
/// It is installed with the program and stays there: a hook that vanishes would keep every `node` with it in its
/// environment from starting.
package enum NodeHook {
    private static let name = "node-hook.cjs"

    /// The installed hook, or the one in a build of the package. `nil`: it is missing.
    ///
    /// - Parameter program: The running program's file.
    package static func url(program: URL) -> URL? {
        let folder = program.resolvingSymlinksInPath().deletingLastPathComponent()
        return [
            folder.deletingLastPathComponent().appending(path: "share/session-inspector/\(name)"),
            folder.appending(path: "session-inspector_LiveSessions.resources/\(name)"),
            folder.appending(path: "session-inspector_LiveSessions.bundle/\(name)"),
        ].first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// `NODE_OPTIONS` that also loads the hook.
    ///
    /// Frameworks that rewrite the variable keep one `--require` only, so a second module is loaded with `--import`.
    ///
    /// - Parameter current: The variable's present value.
    static func options(loading hook: String, current: String?) -> String {
        let words = (current ?? "").split(separator: " ").map(String.init)
        let hasRequire = words.contains { $0 == "-r" || $0.hasPrefix("--require") }
        let isPlain = !hook.contains { $0 == " " || $0 == "\"" || $0 == "\\" }
        let option =
            !hasRequire && isPlain ? "--require=\(hook)" : "--import=\(URL(filePath: hook).absoluteString)"
        return (words + [option]).joined(separator: " ")
    }
}
