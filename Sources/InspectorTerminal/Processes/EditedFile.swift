import Foundation
import VisitorSessions

/// A private file that exists while it is edited. Its private folder also protects files that the editor makes.
///
/// The folder is locked while its process lives. An unlocked folder is left over from a dead process, and is removed
/// at the next start.
final class EditedFile {
    private static let prefix = "session-inspector-edit."

    let path: String
    private let folder: String
    private let lock: Int32

    /// Where the folders can be made, best first. The login's runtime folder is private and in memory.
    private static func parents(_ environment: [String: String]) -> [String] {
        let temporary = FileManager.default.temporaryDirectory.path
        var status = stat()
        guard let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/"), stat(runtime, &status) == 0,
            status.st_uid == geteuid(), status.st_mode & (S_IFMT | 0o077) == S_IFDIR
        else { return [temporary] }
        return [runtime, temporary]
    }

    /// Writes `text` to a new file. Returns `nil` if that fails; then nothing is left behind.
    init?(_ text: Secret, environment: [String: String]) {
        var made: (folder: String, lock: Int32)?
        for place in Self.parents(environment) where made == nil { made = Self.newFolder(in: place) }
        guard let made else { return nil }
        (folder, lock) = made
        path = folder + "/tokens.json"
        let bytes = Data(text.reveal().utf8)
        guard (try? PrivateFile.make(URL(filePath: path), bytes)) == true else { return nil }
    }

    deinit {
        Self.remove(folder)
        close(lock)
    }

    /// The file's text. `nil`: it can't be read.
    var text: Secret? {
        FileManager.default.contents(atPath: path).map { Secret(String(decoding: $0, as: UTF8.self)) }
    }

    /// Removes the folders of dead processes.
    static func removeLeftovers(environment: [String: String]) {
        for place in parents(environment) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
            for name in names where name.hasPrefix(prefix) {
                guard let lock = locked(place + "/" + name) else { continue }
                remove(place + "/" + name)
                close(lock)
            }
        }
    }

    private static func newFolder(in place: String) -> (folder: String, lock: Int32)? {
        // Another process may remove a folder that isn't locked yet, because it looks like a leftover.
        for _ in 0..<10 {
            var template = Array((place + "/" + prefix + "XXXXXX").utf8CString)
            guard mkdtemp(&template) != nil else { return nil }
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let lock = locked(folder) { return (folder, lock) }
        }
        return nil
    }

    /// Locks a folder that belongs to this user. `nil`: another process holds the lock, or the folder is gone.
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

    /// Overwrites and removes the folder's files, then removes the folder.
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
