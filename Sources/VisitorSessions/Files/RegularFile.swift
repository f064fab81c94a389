package import Foundation

/// Reads files that must be regular ones, without ever waiting for a writer of a FIFO.
package enum RegularFile {
    /// Opens it for reading. A link is followed.
    package static func open(_ url: URL) throws(FileError) -> FileHandle {
        let descriptor = Foundation.open(url.path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        // A socket can't be opened at all.
        guard descriptor >= 0 else { throw errno == ENXIO ? .notRegular("a socket") : .last }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        if let kind = kind(status.st_mode) { throw .notRegular(kind) }
        return file
    }

    /// All that is in it, which may be at most `limit` bytes.
    package static func read(_ url: URL, limit: Int) throws(FileError) -> Data {
        let file = try open(url)
        let bytes: Data
        do {
            bytes = try file.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw .last
        }
        guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        return bytes
    }

    /// What it is in place of a file. `nil`: a file.
    private static func kind(_ mode: mode_t) -> String? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a FIFO"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }
}
