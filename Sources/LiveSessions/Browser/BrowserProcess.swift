package import Foundation
import VisitorSessions

/// A browser whose lifetime is bound to this process.
///
/// It exits when its socket closes, so also when this process is killed. A shell waits for it to exit and then removes
/// its profile.
final class BrowserProcess: Sendable {
    /// A socket to the browser's DevTools. The caller closes it.
    let socket: Int32

    /// The browser's path.
    let program: String
    private let shell: pid_t
    private let profile: BrowserProfile
    private let ending: Task<Void, Never>

    /// Runs the browser, then removes the folder `$0`, if one is given. Retries, because helper processes may still be
    /// writing to it.
    private static let script = """
        trap : INT TERM HUP
        "$@"
        for i in 1 2 3 4 5 6 7 8 9 10; do
            [ -z "$0" ] || rm -rf -- "$0" 2>/dev/null && break
            sleep 0.1
        done
        """

    init(_ program: URL, arguments: [String], profile: BrowserProfile, environment: [String: String])
        throws(BrowserError)
    {
        if let user = profile.user { throw .profileInUse(user) }
        do throws(FileError) {
            try PrivateFile.createFolder(profile.folder)
            guard chmod(profile.folder.path, 0o700) == 0 else { throw .last }
            let ends = try Self.socketPair()
            defer { close(ends.theirs) }
            socket = ends.ours
            let words =
                ["/bin/sh", "-c", Self.script, profile.isKept ? "" : profile.folder.path, program.path]
                + Self.arguments(profile) + arguments + ["about:blank"]
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            shell = try ProgramLaunch.start(
                words, environment: environment,
                descriptors: [0: null, 1: null, 2: null, 3: ends.theirs, 4: ends.theirs],
                isApart: true)
        } catch {
            throw .notStarted(error.reason)
        }
        self.profile = profile
        self.program = program.path
        ending = Task { [shell] in _ = await ProgramLaunch.exitCode(of: shell) }
    }

    /// Waits until the browser has exited and its profile is removed. Kills the browser after five seconds.
    ///
    /// - Returns: A sentence if the profile couldn't be removed: it holds tokens.
    func end() async -> String? {
        let timeout = Task { [shell] in
            try await Task.sleep(for: .seconds(5))
            kill(-shell, SIGKILL)
        }
        await ending.value
        timeout.cancel()
        kill(-shell, SIGKILL)
        guard !profile.isKept, FileManager.default.fileExists(atPath: profile.folder.path) else { return nil }
        do {
            try FileManager.default.removeItem(at: profile.folder)
            return nil
        } catch {
            return "The browser's profile couldn't be deleted: \(error.localizedDescription) "
                + "It holds tokens; delete \(profile.folder.path) yourself."
        }
    }

    private static func arguments(_ profile: BrowserProfile) -> [String] {
        [
            "--remote-debugging-pipe", "--user-data-dir=\(profile.folder.path)", "--no-first-run",
            "--no-default-browser-check", "--password-store=basic", "--disable-sync", "--disable-background-networking",
            "--disable-component-update",
        ]
    }

    /// Both ends are closed on exec and don't collide with the descriptors that the browser gets.
    private static func socketPair() throws(FileError) -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .last }
        defer { for end in ends { close(end) } }
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, ProgramLaunch.firstOwnDescriptor) }
        guard moved.allSatisfy({ $0 >= 0 }) else {
            let error = FileError.last
            for end in moved where end >= 0 { close(end) }
            throw error
        }
        return (moved[0], moved[1])
    }
}

/// Why a browser can't be used.
package enum BrowserError: Error, Hashable {
    /// Another browser, with this process ID, uses the profile.
    case profileInUse(Int32)
    case notStarted(String)

    /// It exited before it responded. The value is the browser's path.
    case endedAtOnce(String)

    package var message: String {
        switch self {
        case .profileInUse(let process):
            "Another browser (process \(process)) is using this profile. Close it, or start one without --keep."
        case .notStarted(let reason): "The browser can't be started: \(reason)."
        case .endedAtOnce(let program):
            "The browser (\(program)) exited immediately. Start it manually to see why."
        }
    }
}

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

    /// Whether to keep the folder after the browser exits.
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
