package import Foundation

/// Writes files that only their owner can read (mode 0600). Writes are atomic.
package enum PrivateFile {
    /// Writes a new file. Returns `false` if the name is taken. Durable on return.
    package static func make(_ url: URL, _ bytes: Data) throws(FileError) -> Bool {
        let draft = try draft(beside: url, bytes)
        defer { unlink(draft.path) }
        let isMade = link(draft.path, url.path) == 0
        guard isMade || errno == EEXIST else { throw .last }
        try synchronize(url.deletingLastPathComponent())
        return isMade
    }

    /// Atomically replaces the file at `url`, if any. Durable on return.
    package static func replace(_ url: URL, with bytes: Data) throws(FileError) {
        let draft = try draft(beside: url, bytes)
        guard rename(draft.path, url.path) == 0 else {
            let error = FileError.last
            unlink(draft.path)
            throw error
        }
        try synchronize(url.deletingLastPathComponent())
    }

    /// Creates a file with a temporary name beside `url`. Its name isn't durable.
    package static func draft(beside url: URL, _ bytes: Data) throws(FileError) -> URL {
        let folder = url.deletingLastPathComponent()
        let draft = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)")
        let descriptor = try create(draft, O_WRONLY)
        // The umask may have removed the owner's permissions.
        let isWritten =
            fchmod(descriptor, 0o600) == 0 && write(bytes, to: descriptor) && fsync(descriptor) == 0
        let error = FileError.last
        Foundation.close(descriptor)
        guard isWritten else {
            unlink(draft.path)
            throw error
        }
        return draft
    }

    /// Creates an unnamed file in `folder`, for reading and writing. Its contents are gone once it is closed.
    package static func makeUnnamed(in folder: URL) throws(FileError) -> FileHandle {
        let url = folder.appending(path: "session-inspector-\(UUID().uuidString)")
        let descriptor = try create(url, O_RDWR)
        unlink(url.path)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func create(_ url: URL, _ access: Int32) throws(FileError) -> Int32 {
        let descriptor = Foundation.open(url.path, access | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last }
        return descriptor
    }

    /// Creates the folder and its missing parents, accessible only by their owner.
    package static func createFolder(_ url: URL) throws(FileError) {
        if mkdir(url.path, 0o700) == 0 || errno == EEXIST { return }
        let parent = url.deletingLastPathComponent()
        guard errno == ENOENT, parent.path != url.path else { throw .last }
        try createFolder(parent)
        guard mkdir(url.path, 0o700) == 0 || errno == EEXIST else { throw .last }
    }

    /// Writes all bytes, or returns `false` with the reason in `errno`.
    package static func write(_ bytes: Data, to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// Makes new, renamed and removed names in a folder durable.
    package static func synchronize(_ folder: URL) throws(FileError) {
        let descriptor = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last }
    }
}

extension URL {
    /// The URL with all symbolic links resolved, even if the final target doesn't exist.
    package var linkTarget: URL {
        var target = self
        for _ in 0..<40 {
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: target.path) else { break }
            target = URL(filePath: path, relativeTo: target.deletingLastPathComponent()).absoluteURL
        }
        return target.resolvingSymlinksInPath()
    }
}
