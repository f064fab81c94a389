import Foundation
import LiveSessions
import VisitorSessions

/// A browser that the inspector opens: the `open` command in a process of its own, which outlives the inspector.
enum OpenedBrowser {
    /// Runs `open` until its browser exits. Returns why it failed, if it did.
    static func run(as session: SessionID, at page: String, _ options: GlobalOptions) async -> String? {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
        do throws(FileError) {
            let null = try descriptor("/dev/null", O_RDWR)
            defer { close(null) }
            let errors = try errorFile()
            defer { close(errors) }
            // Ctrl-C in the inspector's terminal must not reach the browser.
            let child = try ProgramLaunch.start(
                [program, "open"] + options.arguments + [session.description, page],
                environment: ProcessInfo.processInfo.environment, descriptors: [0: null, 1: null, 2: errors],
                isApart: true)
            guard await ProgramLaunch.exitCode(of: child) != 0 else { return nil }
            lseek(errors, 0, SEEK_SET)
            let said = try? FileHandle(fileDescriptor: errors).readToEnd()
            let line = said.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").last }
            return line.map { InputRedactor.withoutTokens(String($0.trimmingPrefix("session-inspector: "))) }
                ?? "The browser couldn't be opened."
        } catch {
            return "The browser couldn't be opened: \(error.reason)."
        }
    }

    /// An unnamed file for the command's error messages.
    private static func errorFile() throws(FileError) -> Int32 {
        let path = NSTemporaryDirectory() + "/session-inspector-open-\(SessionID().prefix(12))"
        let file = try descriptor(path, O_RDWR | O_CREAT | O_EXCL)
        unlink(path)
        return file
    }

    private static func descriptor(_ path: String, _ flags: Int32) throws(FileError) -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last }
        return descriptor
    }
}

extension GlobalOptions {
    /// The options as command-line arguments.
    fileprivate var arguments: [String] {
        let named = [
            ("--store", store), ("--profile", profile), ("--issuer", issuer), ("--client-id", clientID),
            ("--config", config),
        ]
        return named.flatMap { name, value in value.map { [name, $0] } ?? [] }
    }
}
