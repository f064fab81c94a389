import Crypto
public import Foundation

/// Seals tokens before they reach a store, and opens them again: AES-256-GCM (NIST SP 800-38D).
///
/// A sealed token is bound to its session and its column: moved to another place, it does not open. Its layout
/// is one byte of version (1), eight bytes of key ID, twelve of nonce, the ciphertext, and sixteen of tag.
public struct TokenSeal: Sendable {
    /// Which of a session's two tokens is meant.
    public enum Column: String, Sendable {
        case access, refresh
    }

    private static let version: UInt8 = 1
    private static let headerSize = 9

    private let ring: SealingKeyRing
    private var key: SealingKey { ring.sealing }

    public init(_ ring: SealingKeyRing) {
        self.ring = ring
    }

    public init(_ key: SealingKey) {
        self.init(SealingKeyRing(key))
    }

    /// The ID of the key that seals.
    public var keyID: Data { key.id }

    /// The IDs of all keys that open, that of the sealing one first.
    public var keyIDs: [Data] { ring.keys.map(\.id) }

    public func seal(_ token: Secret, of session: SessionID, in column: Column) throws -> Data {
        let box = try AES.GCM.seal(
            Data(token.reveal().utf8), using: key.sealing, authenticating: Self.context(session, column))
        // The nonce has its standard size, for which `combined` is always there.
        guard let sealed = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return [Self.version] + key.id + sealed
    }

    /// Throws ``SealError`` where `sealed` is not what ``seal(_:of:in:)`` made for this place with a key of the ring.
    public func open(_ sealed: Data, of session: SessionID, in column: Column) throws(SealError) -> Secret {
        guard sealed.first == Self.version, sealed.count > Self.headerSize else { throw .malformed }
        guard let key = ring[Data(sealed.dropFirst().prefix(8))] else { throw .otherKey }
        let opened: Data
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(Self.headerSize))
            opened = try AES.GCM.open(box, using: key.sealing, authenticating: Self.context(session, column))
        } catch {
            throw .altered
        }
        guard let text = String(data: opened, encoding: .utf8) else { throw .malformed }
        return Secret(text)
    }

    /// A keyed digest of a token, by which a session is found without unsealing the others (HMAC, RFC 2104).
    public func fingerprint(_ token: Secret) -> TokenFingerprint {
        Self.fingerprint(token, key)
    }

    /// The fingerprint under each key of the ring: one of them is stored, whichever key was the sealing one then.
    public func fingerprints(_ token: Secret) -> [TokenFingerprint] {
        ring.keys.map { Self.fingerprint(token, $0) }
    }

    private static func fingerprint(_ token: Secret, _ key: SealingKey) -> TokenFingerprint {
        TokenFingerprint(
            digest: HMAC<SHA256>.authenticationCode(for: Data(token.reveal().utf8), using: key.fingerprinting))
    }

    private static func context(_ session: SessionID, _ column: Column) -> Data {
        Data(session.bytes) + Data(column.rawValue.utf8)
    }
}

/// Why a sealed token does not open.
@nonexhaustive
public enum SealError: Error, Hashable, Sendable {
    /// It is no sealed token, or of a version from the future.
    case malformed
    /// It was sealed with a key that is not on the ring.
    case otherKey
    /// Its bytes, or the place where it stands, are not those that were sealed.
    case altered
}

extension TokenSeal {
    /// ``open(_:of:in:)``, for a store: throws ``StoreError/Kind-swift.enum/damaged`` with the reason.
    package func openStored(_ sealed: Data, of id: SessionID, in column: Column) throws(StoreError) -> Secret {
        do throws(SealError) {
            return try open(sealed, of: id, in: column)
        } catch {
            let reason =
                switch error {
                case .malformed: "its \(column.rawValue) token is not sealed as this version seals"
                case .otherKey: Self.sealedElsewhere
                case .altered: "its \(column.rawValue) token has been altered since it was sealed"
                }
            throw StoreError.damaged(id, reason)
        }
    }

    /// Why a session is damaged that none of the keys opens.
    package static let sealedElsewhere = "its tokens are sealed with another key than this store's"
}
