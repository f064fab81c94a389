import Foundation
import Testing

@Suite("The external editor", .timeLimit(.minutes(3)))
struct ExternalEditorTests {
    /// An inspector whose set editor has opened a fake $EDITOR, which records its environment and waits.
    private final class RunningEditor {
        let sandbox: Sandbox
        let terminal: PseudoTerminal
        let runtime: String

        init() async throws {
            sandbox = try Sandbox()
            runtime = sandbox.home.appending(path: "run").path
            try FileManager.default.createDirectory(
                atPath: runtime, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let editor = sandbox.home.appending(path: "editor").path
            let script = """
                #!/bin/sh
                cd "\(sandbox.home.path)"
                env > variables; ls -l /proc/self/fd > descriptors; grep Sig /proc/self/status > signals
                echo "$1" > file; echo $$ > process.new; mv process.new process
                exec sleep 1000
                """
            try script.write(toFile: editor, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: editor)
            terminal = try PseudoTerminal(
                sandbox, ["demo"],
                environment: [
                    "EDITOR": editor, "VISUAL": "", "XDG_RUNTIME_DIR": runtime, "SESSION_INSPECTOR_KEY": "secret",
                ])
            try await terminal.await("the list") { $0.contains("▌") }
            terminal.send("s")
            try await terminal.await("the set editor") { $0.contains("$EDITOR") }
            terminal.send("\u{5}")
            try await terminal.await("the editor") { [self] _ in process > 0 }
        }

        deinit {
            if process > 0 { kill(process, SIGKILL) }
        }

        func seen(_ name: String) -> String {
            let data = FileManager.default.contents(atPath: sandbox.home.appending(path: name).path) ?? Data()
            return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        }

        /// The editor's process. 0: not started.
        var process: pid_t { pid_t(seen("process")) ?? 0 }

        var isEditing: Bool { kill(process, 0) == 0 }
    }

    @Test("A signal ends the editor and the inspector without leaving files", arguments: [SIGTERM, SIGHUP])
    func signals(number: Int32) async throws {
        let editor = try await RunningEditor()
        let file = editor.seen("file")
        #expect(file.hasPrefix(editor.runtime + "/"))
        #expect(FileManager.default.fileExists(atPath: file))
        editor.terminal.signal(number)
        try await editor.terminal.awaitEnd(within: .seconds(10))
        #expect(!editor.isEditing)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: editor.runtime) == [])
    }

    @Test("Closing the terminal ends both")
    func hangUp() async throws {
        let editor = try await RunningEditor()
        editor.terminal.hangUp()
        try await editor.terminal.awaitEnd(within: .seconds(10))
        #expect(!editor.isEditing)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: editor.runtime) == [])
    }

    @Test("A killed inspector's files are removed at the next start, a running one's aren't")
    func leftovers() async throws {
        let editor = try await RunningEditor()
        func fileExists() -> Bool { FileManager.default.fileExists(atPath: editor.seen("file")) }
        func start() async throws {
            let other = try PseudoTerminal(
                editor.sandbox, ["demo"], environment: ["XDG_RUNTIME_DIR": editor.runtime])
            try await other.await("the list") { $0.contains("▌") }
        }
        try await start()
        #expect(fileExists())
        editor.terminal.signal(SIGKILL)
        try await editor.terminal.awaitEnd()
        #expect(fileExists())
        try await start()
        #expect(!fileExists())
        #expect(try FileManager.default.subpathsOfDirectory(atPath: editor.runtime) == [])
    }

    @Test("The editor inherits no sealing key, descriptors or ignored signals")
    func environment() async throws {
        let editor = try await RunningEditor()
        #expect(!editor.seen("variables").contains("SESSION_INSPECTOR_KEY"))
        #expect(editor.seen("variables").contains("HOME="))
        let descriptors = editor.seen("descriptors").split(separator: "\n").filter { $0.contains(" -> ") }
        // The fourth is the folder that `ls` reads.
        #expect(descriptors.count == 4, "\(descriptors)")
        #expect(
            descriptors.prefix(3).allSatisfy {
                $0.contains("/dev/pts/") || $0.contains("descriptors") || $0.contains("/dev/null")
            }, "\(descriptors)")
        let ignored = editor.seen("signals").split(separator: "\n").first { $0.hasPrefix("SigIgn") }
        // Without the two signals that the C library reserves.
        let set = ignored?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        #expect(set.map { $0 & 0x7FFF_FFFF } == 0, "\(ignored ?? "")")
    }
}
