public import Foundation

/// The file that keeps the sealing keys: base64, one a line, the sealing one first, for its owner's eyes alone (mode
/// 0600).
public struct SealingKeyFile: Sendable {
    public let url: URL

    public init(_ url: URL) {
        self.url = url
    }

    /// The keys in the file. `nil` where there is no file.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` where the file cannot be read, holds anything but keys, or lets others in.
    public func read() throws(StoreError) -> SealingKeyRing? {
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
        guard let ring = SealingKeyRing(text) else {
            throw StoreError(
                .key, "The key file \(url.path) does not hold a key (32 bytes in base64). Put the right file back.")
        }
        return ring
    }

    /// The keys in the file, the first of which is made first where there is none.
    ///
    /// Of any number of processes that do this at once, one makes the key, and all return it.
    public func readOrMake() throws(StoreError) -> SealingKeyRing {
        if let ring = try read() { return ring }
        do {
            try make(SealingKey())
        } catch {
            throw StoreError(
                .key, "The key file \(url.path) cannot be made. Check its folder's owner and permissions.",
                detail: "\(error)")
        }
        guard let ring = try read() else {
            throw StoreError(.key, "The key file \(url.path) is gone again as soon as it was made.")
        }
        return ring
    }

    /// Puts `ring` in the place of what the file holds. Durable on return; whoever reads meanwhile, or after a power
    /// cut, finds the old keys or the new ones.
    public func replace(with ring: SealingKeyRing) throws(StoreError) {
        do {
            // A link is followed, as it is in reading.
            let target = url.resolvingSymlinksInPath()
            let draft = try draft(ring)
            defer { unlink(draft.path) }
            guard rename(draft.path, target.path) == 0 else { throw Self.failure() }
            try synchronizeFolder()
        } catch {
            throw StoreError(
                .key, "The key file \(url.path) cannot be written. Check its folder's owner and permissions.",
                detail: "\(error)")
        }
    }

    /// Whether nobody but the owner may do anything with the file, a link being followed.
    private var isPrivate: Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & 0o077 == 0
    }

    private var folder: URL { url.resolvingSymlinksInPath().deletingLastPathComponent() }

    /// Written whole under another name first, and then linked to its own: so nobody ever reads half a key, and
    /// a key that is there already stays.
    private func make(_ key: SealingKey) throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let draft = try draft(SealingKeyRing(key))
        defer { unlink(draft.path) }
        guard link(draft.path, url.path) == 0 || errno == EEXIST else { throw Self.failure() }
        try synchronizeFolder()
    }

    /// A new file beside this one that holds `ring`, for its owner alone, and durable.
    private func draft(_ ring: SealingKeyRing) throws -> URL {
        let draft = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)")
        let descriptor = Foundation.open(draft.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw Self.failure() }
        do {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let lines = ring.keys.map { $0.base64().reveal() + "\n" }
            try file.write(contentsOf: Data(lines.joined().utf8))
            try file.synchronize()
            try file.close()
        } catch {
            unlink(draft.path)
            throw error
        }
        return draft
    }

    /// A store must not outlive its key in a power cut.
    private func synchronizeFolder() throws {
        let entries = Foundation.open(folder.path, O_RDONLY | O_CLOEXEC)
        guard entries >= 0 else { throw Self.failure() }
        defer { Foundation.close(entries) }
        guard fsync(entries) == 0 else { throw Self.failure() }
    }

    private static func failure() -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
}
