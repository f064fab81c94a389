public import Foundation

/// The file that keeps a sealing key: base64 in one line, for its owner's eyes alone (mode 0600).
public struct SealingKeyFile: Sendable {
    public let url: URL

    public init(_ url: URL) {
        self.url = url
    }

    /// The key in the file. `nil` where there is no file.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` where the file cannot be read, holds no key, or lets others in.
    public func read() throws(StoreError) -> SealingKey? {
        let text: String
        do {
            text = try String(contentsOf: url, encoding: .utf8)
        } catch CocoaError.fileReadNoSuchFile {
            return nil
        } catch {
            throw StoreError(
                .key, "The key file \(url.path) cannot be read. Check its owner and permissions (0600).",
                detail: "\(error)")
        }
        guard isPrivate else {
            throw StoreError(
                .key, "The key file \(url.path) lets others in. Make it its owner's alone (mode 0600).")
        }
        guard let key = SealingKey(base64: text) else {
            throw StoreError(
                .key, "The key file \(url.path) does not hold a key (32 bytes in base64). Put the right file back.")
        }
        return key
    }

    /// The key in the file, which is made first where there is none.
    ///
    /// Of any number of processes that do this at once, one makes the key, and all return it.
    public func readOrMake() throws(StoreError) -> SealingKey {
        if let key = try read() { return key }
        do {
            try make(SealingKey())
        } catch {
            throw StoreError(
                .key, "The key file \(url.path) cannot be made. Check its folder's owner and permissions.",
                detail: "\(error)")
        }
        guard let key = try read() else {
            throw StoreError(.key, "The key file \(url.path) is gone again as soon as it was made.")
        }
        return key
    }

    /// Whether nobody but the owner may do anything with the file, a link being followed.
    private var isPrivate: Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & 0o077 == 0
    }

    /// Written whole under another name first, and then linked to its own: so nobody ever reads half a key, and
    /// a key that is there already stays.
    private func make(_ key: SealingKey) throws {
        let folder = url.deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let draft = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)")
        let descriptor = Foundation.open(draft.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { unlink(draft.path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data((key.base64().reveal() + "\n").utf8))
        try file.synchronize()
        try file.close()
        guard link(draft.path, url.path) == 0 || errno == EEXIST else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        // A store must not outlive its key in a power cut.
        let entries = Foundation.open(folder.path, O_RDONLY | O_CLOEXEC)
        guard entries >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { Foundation.close(entries) }
        guard fsync(entries) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
