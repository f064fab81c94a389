import Crypto
public import Foundation

/// A 256-bit key that seals tokens, and its short name.
public struct SealingKey: Sendable {
    /// Names the key without telling anything about it: eight bytes of a digest of it.
    public let id: Data

    let sealing: SymmetricKey
    let fingerprinting: SymmetricKey

    /// A new random key.
    public init() {
        self.init(SymmetricKey(size: .bits256))
    }

    /// Reads 32 bytes in base64, surrounded by any white space. `nil` for anything else.
    public init?(base64 text: String) {
        guard let bytes = Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            bytes.count == 32
        else { return nil }
        self.init(SymmetricKey(data: bytes))
    }

    /// One key for each purpose is derived from the root (RFC 5869), so that no fingerprint helps to unseal.
    private init(_ root: SymmetricKey) {
        func derive(_ purpose: String, _ count: Int) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: root, info: Data("session-inspector/\(purpose)".utf8), outputByteCount: count)
        }
        self.root = root
        id = derive("id", 8).withUnsafeBytes { Data($0) }
        sealing = derive("seal", 32)
        fingerprinting = derive("fingerprint", 32)
    }

    private let root: SymmetricKey

    /// The key in base64: a secret.
    public func base64() -> Secret {
        Secret(root.withUnsafeBytes { Data($0) }.base64EncodedString())
    }
}

extension SealingKey: CustomStringConvertible, CustomReflectable {
    /// The key's name; never the key.
    public var description: String { id.hexadecimal }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The keys of a store: the first one seals, and all of them open what they have sealed.
public struct SealingKeyRing: Sendable {
    /// At least one, and none twice.
    public let keys: [SealingKey]

    public init(_ sealing: SealingKey, _ others: [SealingKey] = []) {
        keys = others.reduce(into: [sealing]) { keys, key in
            if !keys.contains(where: { $0.id == key.id }) { keys.append(key) }
        }
    }

    /// Reads keys in base64, separated by white space or commas. `nil` where there is none, or anything else.
    public init?(_ text: String) {
        let words = text.split { $0.isWhitespace || $0 == "," }
        let keys = words.compactMap { SealingKey(base64: String($0)) }
        guard keys.count == words.count, let first = keys.first else { return nil }
        self.init(first, Array(keys.dropFirst()))
    }

    public var sealing: SealingKey { keys[0] }

    public subscript(id: Data) -> SealingKey? {
        keys.first { $0.id == id }
    }

    /// The same keys, of which the one called `id` seals. `nil` where it is not among them.
    public func sealing(with id: Data) -> SealingKeyRing? {
        self[id].map { SealingKeyRing($0, keys) }
    }
}
