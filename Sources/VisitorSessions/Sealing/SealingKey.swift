import Crypto
public import Foundation

/// A 256-bit key that seals tokens.
public struct SealingKey: Sendable {
    /// Identifies the key without revealing it: eight bytes of a digest.
    public let id: Data

    let sealing: SymmetricKey

    /// Initialized with the key once, because that takes longer than hashing a message.
    let fingerprinting: HMAC<SHA256>

    public init() {
        self.init(SymmetricKey(size: .bits256))
    }

    /// Reads 32 bytes in base64, ignoring surrounding whitespace.
    public init?(base64 text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let bytes = Data(base64Encoded: String(words[0])), bytes.count == 32
        else { return nil }
        self.init(SymmetricKey(data: bytes))
    }

    /// Derives one key for each purpose from the root (RFC 5869), so that fingerprints don't help to unseal tokens.
    private init(_ root: SymmetricKey) {
        func derive(_ purpose: String, _ count: Int) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: root, info: Data("session-inspector/\(purpose)".utf8), outputByteCount: count)
        }
        self.root = root
        id = derive("id", 8).withUnsafeBytes { Data($0) }
        sealing = derive("seal", 32)
        fingerprinting = HMAC(key: derive("fingerprint", 32))
    }

    private let root: SymmetricKey

    public func base64() -> Secret {
        Secret(root.withUnsafeBytes { Data($0) }.base64EncodedString())
    }
}

extension SealingKey: CustomStringConvertible, CustomReflectable {
    /// The key's ID, never the key.
    public var description: String { id.hexadecimal }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A store's keys: the first one seals, and all of them unseal.
public struct SealingKeyRing: Sendable {
    /// At least one key, without duplicates.
    public let keys: [SealingKey]

    public init(_ sealing: SealingKey, _ others: [SealingKey] = []) {
        keys = others.reduce(into: [sealing]) { keys, key in
            if !keys.contains(where: { $0.id == key.id }) { keys.append(key) }
        }
    }

    /// Reads keys in base64, separated by whitespace or commas. `nil` if there is none or one is invalid.
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

    /// The same keys, with the key `id` sealing. `nil` if there is no such key.
    public func sealing(with id: Data) -> SealingKeyRing? {
        self[id].map { SealingKeyRing($0, keys) }
    }
}
