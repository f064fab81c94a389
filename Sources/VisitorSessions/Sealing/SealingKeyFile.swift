public import Foundation

/// The file that keeps the sealing keys: base64, one a line, the sealing one first, for its owner's eyes alone (mode
/// 0600).
public struct SealingKeyFile: Sendable {
    public let url: URL

    /// More keys than are ever in use at once.
    private static let sizeLimit = 64 << 10

    public init(_ url: URL) {
        self.url = url
    }

    /// The keys in the file. `nil` where there is no file.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` where the file cannot be read, holds anything but keys, or lets others in.
    public func read() throws(StoreError) -> SealingKeyRing? {
        let bytes: Data
        do {
            bytes = try RegularFile.read(url, limit: Self.sizeLimit)
        } catch {
            if error.isMissing { return nil }
            throw StoreError(.key, "The key file \(url.path) can't be read: \(error.reason).", detail: "\(error)")
        }
        guard isPrivate else {
            throw StoreError(
                .key, "The key file \(url.path) lets others in. Make it its owner's alone (mode 0600).")
        }
        guard let ring = SealingKeyRing(String(decoding: bytes, as: UTF8.self)) else {
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
        do throws(FileError) {
            try PrivateFile.makeFolder(folder)
            // Where another process was faster, its key stays.
            _ = try PrivateFile.make(target, Self.bytes(SealingKeyRing(SealingKey())))
        } catch {
            throw StoreError(.key, "The key file \(url.path) can't be made: \(error.reason).", detail: "\(error)")
        }
        guard let ring = try read() else {
            throw StoreError(.key, "The key file \(url.path) is gone again as soon as it was made.")
        }
        return ring
    }

    /// Puts `ring` in the place of what the file holds. Durable on return; whoever reads meanwhile, or after a power
    /// cut, finds the old keys or the new ones.
    public func replace(with ring: SealingKeyRing) throws(StoreError) {
        do throws(FileError) {
            try PrivateFile.replace(target, with: Self.bytes(ring))
        } catch {
            throw StoreError(.key, "The key file \(url.path) can't be written: \(error.reason).", detail: "\(error)")
        }
    }

    /// Whether nobody but the owner may do anything with the file, a link being followed.
    private var isPrivate: Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & 0o077 == 0
    }

    /// The file in truth: a link is followed in writing, as it is in reading.
    private var target: URL { url.linkTarget }
    private var folder: URL { target.deletingLastPathComponent() }

    private static func bytes(_ ring: SealingKeyRing) -> Data {
        Data(ring.keys.map { $0.base64().reveal() + "\n" }.joined().utf8)
    }
}
