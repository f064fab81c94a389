package import Foundation
import Synchronization
import VisitorSessions
import WixHeadless

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
            "The browser (\(program)) exited immediately. Start it manually to see why; arguments after -- are passed to it."
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

/// A connection to a browser's DevTools: commands with their responses, and events.
///
/// Messages are JSON, each ended by NUL (Chrome DevTools Protocol, `--remote-debugging-pipe`).
final class DevTools: Sendable {
    struct Event: Sendable {
        var method: String
        var parameters: JSONValue

        /// The session of a target, or `nil` for the browser itself.
        var session: String?
    }

    /// A command that failed: refused by the browser, or without a response because its target or the browser is gone.
    struct Failure: Error, Hashable {
        var message: String
    }

    private struct Pending {
        var session: String?
        var response: CheckedContinuation<Result<JSONValue, Failure>, Never>
    }

    private struct State {
        var lastID = 0
        var pending: [Int: Pending] = [:]
        var isClosed = false
        var eventCount = 0
    }

    /// Ends when the connection closes.
    let events: AsyncStream<Event>
    private let socket: Int32
    private let state = Mutex(State())
    private let writing = Mutex(())

    /// - Parameter socket: Closed when the browser has closed its side, or after ``close()``.
    init(socket: Int32) {
        self.socket = socket
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        let thread = Thread { [self] in
            read(continuation)
            fail { _ in true }
            continuation.finish()
        }
        thread.name = "DevTools"
        thread.start()
    }

    /// Sends a command and waits for its response.
    func send(
        _ method: String, _ parameters: JSONValue = [:], to session: String? = nil
    ) async throws(Failure) -> JSONValue {
        let result = await withCheckedContinuation { response in
            write(method, parameters, session, response)
        }
        return try result.get()
    }

    /// Sends a command whose response doesn't matter. Commands to a session are run in the order in which they are sent.
    func post(_ method: String, _ parameters: JSONValue = [:], to session: String? = nil) {
        write(method, parameters, session, nil)
    }

    /// How many events have arrived, handled or not. A response arrives after all events that preceded it.
    var eventCount: Int { state.withLock { $0.eventCount } }

    /// Closes the connection, which makes the browser exit.
    func close() {
        // Once the reader has closed this socket, its descriptor may belong to another one.
        state.withLock { if !$0.isClosed { _ = shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    private func write(
        _ method: String, _ parameters: JSONValue, _ session: String?,
        _ response: CheckedContinuation<Result<JSONValue, Failure>, Never>?
    ) {
        // One lock covers numbering and writing, because messages must not be interleaved.
        let isSent = writing.withLock { _ in
            let id = state.withLock { state -> Int? in
                guard !state.isClosed else { return nil }
                state.lastID += 1
                if let response { state.pending[state.lastID] = Pending(session: session, response: response) }
                return state.lastID
            }
            guard let id else { return false }
            var members: [JSONValue.Member] = [
                .init(name: "id", value: .number(String(id))), .init(name: "method", value: .string(method)),
                .init(name: "params", value: parameters),
            ]
            if let session { members.append(.init(name: "sessionId", value: .string(session))) }
            // If it can't be written, the connection is closed, and the reader fails what is pending.
            write(DevToolsFraming.frame(.object(members)))
            return true
        }
        if !isSent { response?.resume(returning: .failure(.gone)) }
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func read(_ events: AsyncStream<Event>.Continuation) {
        var framing = DevToolsFraming()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Foundation.read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for message in framing.feed(buffer[..<count]) { take(message, events) }
        }
        state.withLock { $0.isClosed = true }
        // Only after the last writer has finished.
        writing.withLock { _ in _ = Foundation.close(socket) }
    }

    private func take(_ message: JSONValue, _ events: AsyncStream<Event>.Continuation) {
        if let id = message["id"]?.int {
            guard let pending = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
            let failure = message["error"].map { Failure(message: $0["message"]?.string ?? "refused") }
            pending.response.resume(returning: failure.map { .failure($0) } ?? .success(message["result"] ?? [:]))
        } else if let method = message["method"]?.string {
            let parameters = message["params"] ?? [:]
            // The browser doesn't respond to commands of a session that has ended.
            if method == "Target.detachedFromTarget", let session = parameters["sessionId"]?.string {
                fail { $0 == session }
            }
            state.withLock { $0.eventCount += 1 }
            events.yield(Event(method: method, parameters: parameters, session: message["sessionId"]?.string))
        }
    }

    private func fail(_ isGone: (String?) -> Bool) {
        let failed = state.withLock { state in
            let failed = state.pending.filter { isGone($0.value.session) }
            for id in failed.keys { state.pending[id] = nil }
            return failed.values
        }
        for pending in failed { pending.response.resume(returning: .failure(.gone)) }
    }
}

extension DevTools.Failure {
    static let gone = DevTools.Failure(message: "the tab or the browser was closed")
}

/// Splits a stream into messages that end with NUL.
struct DevToolsFraming {
    private var partial: [UInt8] = []

    /// Returns the messages that `bytes` complete, without those that aren't JSON.
    mutating func feed(_ bytes: ArraySlice<UInt8>) -> [JSONValue] {
        var messages: [JSONValue] = []
        var rest = bytes
        while let end = rest.firstIndex(of: 0) {
            partial += rest[..<end]
            if let message = try? JSONReader.read(partial) { messages.append(message) }
            partial.removeAll(keepingCapacity: partial.count < 1 << 20)
            rest = rest[(end + 1)...]
        }
        partial += rest
        return messages
    }

    static func frame(_ message: JSONValue) -> [UInt8] {
        Array(message.text.utf8) + [0]
    }
}
