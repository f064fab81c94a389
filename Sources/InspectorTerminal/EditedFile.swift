import Foundation
import VisitorSessions

/// A file of one's own for the length of an edit, in a folder of its own: what an editor puts beside it is out of reach, too.
///
/// The folder is locked while its process lives. One that isn't is a dead process's, and removed at the next start.
final class EditedFile {
    private static let prefix = "session-inspector-edit."

    let path: String
    private let folder: String
    private let lock: Int32

    /// Where they are: in the folder of the person's login, which is in memory and private, where there is one.
    private static func places(_ environment: [String: String]) -> [String] {
        let temporary = FileManager.default.temporaryDirectory.path
        var status = stat()
        guard let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/"), stat(runtime, &status) == 0,
            status.st_uid == geteuid(), status.st_mode & (S_IFMT | 0o077) == S_IFDIR
        else { return [temporary] }
        return [runtime, temporary]
    }

    /// Writes `text` into a new one. `nil`: that failed, and nothing is left.
    init?(_ text: Secret, environment: [String: String]) {
        var made: (folder: String, lock: Int32)?
        for place in Self.places(environment) where made == nil { made = Self.newFolder(in: place) }
        guard let made else { return nil }
        (folder, lock) = made
        path = folder + "/tokens.json"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        do {
            try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                .write(contentsOf: Data(text.reveal().utf8))
        } catch {
            return nil
        }
    }

    deinit {
        Self.remove(folder)
        close(lock)
    }

    /// The text as it is now. `nil`: it can't be read.
    var text: Secret? {
        FileManager.default.contents(atPath: path).map { Secret(String(decoding: $0, as: UTF8.self)) }
    }

    /// Removes what processes that were killed have left.
    static func removeLeftovers(environment: [String: String]) {
        for place in places(environment) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
            for name in names where name.hasPrefix(prefix) {
                guard let lock = locked(place + "/" + name) else { continue }
                remove(place + "/" + name)
                close(lock)
            }
        }
    }

    private static func newFolder(in place: String) -> (folder: String, lock: Int32)? {
        // Another process may take a new one that is not locked yet for a leftover.
        for _ in 0..<10 {
            var template = Array((place + "/" + prefix + "XXXXXX").utf8CString)
            guard mkdtemp(&template) != nil else { return nil }
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let lock = locked(folder) { return (folder, lock) }
        }
        return nil
    }

    /// Takes the lock of a folder of this person's. `nil`: another process has it, or it is gone.
    private static func locked(_ folder: String) -> Int32? {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var (own, named) = (stat(), stat())
        if fstat(descriptor, &own) == 0, own.st_uid == geteuid(), flock(descriptor, LOCK_EX | LOCK_NB) == 0,
            lstat(folder, &named) == 0, named.st_ino == own.st_ino, named.st_dev == own.st_dev
        {
            return descriptor
        }
        close(descriptor)
        return nil
    }

    /// Overwrites every file of the folder, and removes them and it.
    private static func remove(_ folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names {
            let descriptor = open(folder + "/" + name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if descriptor >= 0 {
                var status = stat()
                fstat(descriptor, &status)
                let zeros = [UInt8](repeating: 0, count: Int(min(max(status.st_size, 0), 16 << 20)))
                _ = write(descriptor, zeros, zeros.count)
                fsync(descriptor)
                close(descriptor)
            }
            unlink(folder + "/" + name)
        }
        rmdir(folder)
    }
}
