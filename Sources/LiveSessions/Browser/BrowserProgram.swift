package import Foundation

/// A browser that speaks the Chrome DevTools Protocol.
package enum BrowserProgram {
    private static let names = [
        "google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "microsoft-edge-stable",
        "microsoft-edge",
        "brave-browser", "brave",
    ]

    private static let applications = ["Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser"]

    /// The first installed browser, in `PATH` or where macOS keeps applications. `nil`: there is none.
    package static func find(path: String) -> URL? {
        let folders = path.split(separator: ":").map { URL(filePath: String($0), directoryHint: .isDirectory) }
        let commands = names.flatMap { name in folders.map { $0.appending(path: name) } }
        let bundles = applications.map { URL(filePath: "/Applications/\($0).app/Contents/MacOS/\($0)") }
        return (commands + bundles).first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}

/// The folder in which a browser keeps its data.
package struct BrowserProfile: Sendable {
    package let folder: URL

    /// Whether the folder stays when the browser ends.
    package let isKept: Bool

    /// - Parameter folder: A folder that only this user can enter; it is created if it is missing.
    package init(folder: URL, isKept: Bool) {
        self.folder = folder
        self.isKept = isKept
    }

    /// The process of another browser that uses the folder. Starting a second browser would only open a tab in that one.
    var user: pid_t? {
        // Browsers name their host and process in the target of a link.
        let lock = folder.appending(path: "SingletonLock").path
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: lock),
            let process = target.split(separator: "-").last.flatMap({ pid_t($0) }),
            kill(process, 0) == 0 || errno == EPERM
        else { return nil }
        return process
    }
}
