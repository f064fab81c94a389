public import Foundation
import Synchronization

/// Where a store gets its sealing keys.
public enum SealingKeySource: Sendable {
    /// The given keys, usually from `SESSION_INSPECTOR_KEY`.
    case keys(SealingKeyRing)

    /// The keys in a file. A new store creates the file if it is missing.
    case file(SealingKeyFile)

    public static func key(_ key: SealingKey) -> SealingKeySource {
        .keys(SealingKeyRing(key))
    }

    /// The current keys, or `nil` if the file is missing. Creates nothing.
    package func existing() throws(StoreError) -> SealingKeyRing? {
        switch self {
        case .keys(let ring): ring
        case .file(let file): try file.read()
        }
    }

    /// The keys for a new store.
    package func existingOrCreated() throws(StoreError) -> SealingKeyRing {
        switch self {
        case .keys(let ring): ring
        case .file(let file): try file.readOrCreate()
        }
    }

    /// The keys, with the one that seals the store at `place` first.
    package func ring(sealingWith keyID: Data, at place: String) throws(StoreError) -> SealingKeyRing {
        let whatToDo = "Restore the original key, or set SESSION_INSPECTOR_KEY to it. Nothing was changed."
        guard let ring = try existing() else {
            let file = if case .file(let file) = self { " \(file.url.path)" } else { "" }
            throw StoreError(
                .key, "The key file\(file) for the tokens in \(place) is missing. \(whatToDo)",
                detail: "sealed with key \(keyID.hexadecimal)")
        }
        guard let matching = ring.sealing(with: keyID) else {
            let given = ring.keys.map(\.description).joined(separator: ", ")
            throw StoreError(
                .key, "The tokens in \(place) are sealed with a different key. \(whatToDo)",
                detail: "sealed with key \(keyID.hexadecimal), given \(given)")
        }
        return matching
    }
}

/// The file with the sealing keys: base64, one per line, the sealing key first, mode 0600.
public struct SealingKeyFile: Sendable {
    public let url: URL

    private static let sizeLimit = 64 << 10

    public init(_ url: URL) {
        self.url = url
    }

    /// The keys in the file, or `nil` if it is missing.
    ///
    /// Throws ``StoreError/Kind-swift.enum/key`` if the file can't be read, holds anything but keys, or is accessible
    /// to others.
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
                .key, "The key file \(url.path) is accessible to other users. Set its mode to 0600.")
        }
        guard let ring = SealingKeyRing(String(decoding: bytes, as: UTF8.self)) else {
            throw StoreError(
                .key, "The key file \(url.path) doesn't contain a key (32 bytes in base64). Restore the right file.")
        }
        return ring
    }

    /// The keys in the file, which is created with a new key if it is missing.
    ///
    /// If several processes do this at once, one creates the key and all return it.
    public func readOrCreate() throws(StoreError) -> SealingKeyRing {
        if let ring = try read() { return ring }
        do throws(FileError) {
            try PrivateFile.createFolder(folder)
            // If another process was faster, its key stays.
            _ = try PrivateFile.make(target, Self.bytes(SealingKeyRing(SealingKey())))
        } catch {
            throw StoreError(.key, "The key file \(url.path) can't be created: \(error.reason).", detail: "\(error)")
        }
        guard let ring = try read() else {
            throw StoreError(.key, "The key file \(url.path) disappeared right after it was created.")
        }
        return ring
    }

    /// Replaces the file's keys. Durable on return; readers see the old or the new keys, even after a power failure.
    public func replace(with ring: SealingKeyRing) throws(StoreError) {
        do throws(FileError) {
            try PrivateFile.replace(target, with: Self.bytes(ring))
        } catch {
            throw StoreError(.key, "The key file \(url.path) can't be written: \(error.reason).", detail: "\(error)")
        }
    }

    /// Whether only the owner can access the file, following links.
    private var isPrivate: Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & 0o077 == 0
    }

    /// The file to write, following links as reading does.
    private var target: URL { url.linkTarget }
    private var folder: URL { target.deletingLastPathComponent() }

    private static func bytes(_ ring: SealingKeyRing) -> Data {
        Data(ring.keys.map { $0.base64().reveal() + "\n" }.joined().utf8)
    }
}

/// The keys of an open store. Another process may rotate them while it is open.
///
/// The database names the sealing key. A rotation changes that name before it reseals any row, and every transaction
/// reads it first. So no row has an unknown key, and none is sealed with a retired one.
package final class StoreKeys: Sendable {
    /// How long to wait before rereading a source that lacked the key.
    private static let pause = Duration.seconds(1)

    package let source: SealingKeySource
    private let place: String
    private let state:
        Mutex<(seal: TokenSeal, ring: SealingKeyRing, failure: (at: ContinuousClock.Instant, StoreError)?)>

    package init(_ ring: SealingKeyRing, source: SealingKeySource, place: String) {
        state = Mutex((TokenSeal(ring), ring, nil))
        self.source = source
        self.place = place
    }

    /// The most recently used seal.
    package var seal: TokenSeal { state.withLock(\.seal) }

    /// The seal for a transaction in which the database names `keyID`. `nil` keeps the current key. Rereads the source
    /// if the key is unknown.
    package func seal(naming keyID: Data?) throws(StoreError) -> TokenSeal {
        guard let keyID else { return seal }
        return try state.withLock { state throws(StoreError) in
            if state.seal.keyID == keyID { return state.seal }
            if let failure = state.failure, ContinuousClock.now - failure.at < Self.pause { throw failure.1 }
            do throws(StoreError) {
                let ring =
                    if let known = state.ring.sealing(with: keyID) {
                        known
                    } else {
                        try source.ring(sealingWith: keyID, at: place)
                    }
                // Rows that aren't resealed yet need the old keys.
                state.ring = SealingKeyRing(ring.sealing, ring.keys + state.ring.keys)
                state.seal = TokenSeal(state.ring)
                state.failure = nil
                return state.seal
            } catch {
                state.failure = (.now, error)
                throw error
            }
        }
    }

    package func add(_ ring: SealingKeyRing) {
        state.withLock { state in
            state.ring = SealingKeyRing(state.ring.sealing, state.ring.keys + ring.keys)
            state.seal = TokenSeal(state.ring)
            state.failure = nil
        }
    }
}
