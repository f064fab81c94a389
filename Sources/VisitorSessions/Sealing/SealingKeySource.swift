package import struct Foundation.Data

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

extension Data {
    /// Two digits a byte, lower case.
    var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
