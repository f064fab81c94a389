public import struct Foundation.Data

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
