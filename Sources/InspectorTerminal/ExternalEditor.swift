import Foundation
import VisitorSessions

/// The person's own editor, on a file that nobody else can read and that is shredded afterwards.
enum ExternalEditor {
    /// Runs it on the terminal, and returns the text as it was left. Throws where there is none, or where it failed.
    static func edit(_ text: Secret, environment: [String: String]) throws(TerminalError) -> Secret {
        let editor = [environment["VISUAL"], environment["EDITOR"], "vi"].compactMap(\.self).first { !$0.isEmpty }
        var folder = Array((FileManager.default.temporaryDirectory.path + "/session-inspector.XXXXXX").utf8CString)
        // A folder of its own, 0700: what the editor puts beside the file is out of reach, too.
        guard let editor, mkdtemp(&folder) != nil else { throw failure }
        let path = folder.withUnsafeBufferPointer {
            String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        defer { shred(path) }
        let file = path + "/tokens.json"
        guard write(text, to: file) else { throw failure }
        // The shell reads the words of $EDITOR, which may hold options; the path is an argument, not a part of them.
        guard run(["/bin/sh", "-c", "exec \(editor) \"$1\"", "sh", file]) == 0 else {
            throw TerminalError(description: "The editor “\(editor)” failed: the text is as it was.")
        }
        guard let data = FileManager.default.contents(atPath: file) else { throw failure }
        return Secret(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static let failure = TerminalError(
        description: "The text cannot be put into a file for the editor: it is as it was.")

    private static func write(_ text: Secret, to file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.reveal().utf8)
        return Foundation.write(descriptor, bytes, bytes.count) == bytes.count
    }

    private static func run(_ arguments: [String]) -> Int32 {
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id: pid_t = 0
        guard posix_spawn(&id, arguments[0], nil, nil, &words, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// Overwrites every file of the folder, and removes them and it.
    private static func shred(_ folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names {
            let descriptor = open(folder + "/" + name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
            if descriptor >= 0 {
                var status = stat()
                fstat(descriptor, &status)
                let zeros = [UInt8](repeating: 0, count: Int(min(max(status.st_size, 0), 16 << 20)))
                _ = Foundation.write(descriptor, zeros, zeros.count)
                fsync(descriptor)
                close(descriptor)
            }
            unlink(folder + "/" + name)
        }
        rmdir(folder)
    }
}
