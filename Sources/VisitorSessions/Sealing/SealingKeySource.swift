public import Foundation
import Synchronization

/// Where a store gets the keys that seal its tokens.
public enum SealingKeySource: Sendable {
    /// These keys, most often from `SESSION_INSPECTOR_KEY`.
    case keys(SealingKeyRing)

    /// The keys in this file, the first of which is made for a new store where there is none.
    case file(SealingKeyFile)

    public static func key(_ key: SealingKey) -> SealingKeySource {
        .keys(SealingKeyRing(key))
    }

    /// The keys as they are now, nothing made. `nil` where there is no file.
    package func existing() throws(StoreError) -> SealingKeyRing? {
        switch self {
        case .keys(let ring): ring
        case .file(let file): try file.read()
        }
    }

    /// The keys for a new store.
    package func existingOrNew() throws(StoreError) -> SealingKeyRing {
        switch self {
        case .keys(let ring): ring
        case .file(let file): try file.readOrMake()
        }
    }

    /// The keys, of which the one that the store at `place` says it is sealed with seals.
    package func ring(sealingWith keyID: Data, at place: String) throws(StoreError) -> SealingKeyRing {
        let whatToDo = "Put that key back, or set SESSION_INSPECTOR_KEY to it. Nothing was changed."
        guard let ring = try existing() else {
            let file = if case .file(let file) = self { " \(file.url.path)" } else { "" }
            throw StoreError(
                .key, "The tokens in \(place) are sealed, and the key file\(file) is missing. \(whatToDo)",
                detail: "sealed with key \(keyID.hexadecimal)")
        }
        guard let matching = ring.sealing(with: keyID) else {
            let given = ring.keys.map(\.description).joined(separator: ", ")
            throw StoreError(
                .key, "The tokens in \(place) are sealed with another key than the one given. \(whatToDo)",
                detail: "sealed with key \(keyID.hexadecimal), given \(given)")
        }
        return matching
    }
}

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

/// The keys of an open store, which may rotate while it is open.
///
/// The database says which key seals. Whoever rotates keys says so there before any row is sealed anew, and every
/// transaction looks first: so no row is ever met whose key is not looked for, and none is sealed with a key that has
/// been given up.
package final class StoreKeys: Sendable {
    /// How long a source that did not have the key is not asked again.
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

    /// The seal as it was used last.
    package var seal: TokenSeal { state.withLock(\.seal) }

    /// The seal for a transaction in which the database names `keyID`: the same as before where it names none. Reads
    /// the source anew where the key is not known.
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
                // Keys of before stay: rows that are not sealed anew yet need them.
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

    /// Takes keys in that have just been read.
    package func add(_ ring: SealingKeyRing) {
        state.withLock { state in
            state.ring = SealingKeyRing(state.ring.sealing, state.ring.keys + ring.keys)
            state.seal = TokenSeal(state.ring)
            state.failure = nil
        }
    }
}
