package import Foundation

/// Reads regular files only, and never blocks on a FIFO.
package enum RegularFile {
    /// Opens the file for reading, following links.
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

    /// Reads the whole file, which may have at most `limit` bytes.
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

    /// The kind of file, such as "a folder". `nil` for a regular file.
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

/// Why a file wasn't opened, read or written.
package enum FileError: Error, Hashable {
    case system(POSIXErrorCode)

    /// The path names something other than a regular file, such as "a FIFO".
    case notRegular(String)

    /// The file has more than `limit` bytes.
    case tooLarge(limit: Int)

    /// The error of the last failed system call.
    package static var last: FileError { .system(POSIXErrorCode(rawValue: errno) ?? .EIO) }

    package var isMissing: Bool { self == .system(.ENOENT) || self == .system(.ENOTDIR) }

    /// Whether the disk or the user's quota is full.
    package var isFull: Bool { self == .system(.ENOSPC) || self == .system(.EDQUOT) }

    package var isOutOfDescriptors: Bool { self == .system(.EMFILE) || self == .system(.ENFILE) }

    package var isForbidden: Bool { [.EACCES, .EPERM, .EROFS].contains { self == .system($0) } }

    /// The reason as the end of a sentence, without a full stop.
    package var reason: String {
        switch self {
        case .system(.EMFILE): "this process has too many files open (ulimit -n)"
        case .system(.ENFILE): "the system has too many files open"
        case .system(.EACCES), .system(.EPERM): "permission denied; check its owner and permissions"
        case .system(.ENOENT): "no such file"
        case .system(.EROFS): "its file system is read-only"
        case .system(.ENOSPC): "the disk is full"
        case .system(.EDQUOT): "your disk quota is exhausted"
        case .system(let code): String(cString: strerror(code.rawValue)).lowercasedFirst
        case .notRegular(let kind): "it is \(kind), not a file"
        case .tooLarge(let limit): "it is larger than \(limit >> 10) KiB"
        }
    }
}

extension FileError {
    /// What keeps this process from opening the few files that a database needs, or `nil`.
    ///
    /// Call it after a failure. It tries several descriptors, because the failed operation may have closed its own.
    package static var shortage: FileError? {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        while descriptors.count < 8 {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return .last }
            descriptors.append(descriptor)
        }
        return nil
    }
}

extension String {
    package var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
