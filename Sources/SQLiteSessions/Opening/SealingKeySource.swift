public import VisitorSessions

/// Where a store gets the key that seals its tokens.
public enum SealingKeySource: Sendable {
    /// This key, most often from `SESSION_INSPECTOR_KEY`.
    case key(SealingKey)

    /// The key in this file, which is made for a new store where there is none.
    case file(SealingKeyFile)

    /// The key as it is now, nothing made. `nil` where there is no file.
    func existing() throws(StoreError) -> SealingKey? {
        switch self {
        case .key(let key): key
        case .file(let file): try file.read()
        }
    }

    /// The key for a new store.
    func existingOrNew() throws(StoreError) -> SealingKey {
        switch self {
        case .key(let key): key
        case .file(let file): try file.readOrMake()
        }
    }
}
