import Crypto
public import Foundation

/// Encrypts tokens before they reach a store, and decrypts them: AES-256-GCM (NIST SP 800-38D).
///
/// A sealed token is bound to its session and column; elsewhere it doesn't open. Layout: version (1 byte, value 1), key
/// ID (8), nonce (12), ciphertext, tag (16).
public struct TokenSeal: Sendable {
    public enum Column: String, Sendable {
        case access, refresh, replaced
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

    /// The ID of the sealing key.
    public var keyID: Data { key.id }

    /// The IDs of all keys, the sealing key first.
    public var keyIDs: [Data] { ring.keys.map(\.id) }

    public func seal(_ token: Secret, of session: SessionID, in column: Column) throws -> Data {
        let box = try AES.GCM.seal(
            Data(token.reveal().utf8), using: key.sealing, authenticating: Self.context(session, column))
        // `combined` exists for nonces of the standard size.
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        var sealed = Data(capacity: Self.headerSize + combined.count)
        sealed.append(Self.version)
        sealed.append(key.id)
        sealed.append(combined)
        return sealed
    }

    /// Throws ``SealError`` if `sealed` wasn't made by ``seal(_:of:in:)`` for this session and column with one of the
    /// keys.
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

    /// A keyed digest for finding a session by its token, without unsealing any tokens (HMAC, RFC 2104).
    public func fingerprint(_ token: Secret) -> TokenFingerprint {
        Self.fingerprint(token, key)
    }

    /// The fingerprints under all keys. One of them is stored, depending on the sealing key at that time.
    public func fingerprints(_ token: Secret) -> [TokenFingerprint] {
        ring.keys.map { Self.fingerprint(token, $0) }
    }

    private static func fingerprint(_ token: Secret, _ key: SealingKey) -> TokenFingerprint {
        var code = key.fingerprinting
        code.update(data: Data(token.reveal().utf8))
        return code.finalize().withUnsafeBytes { TokenFingerprint(digest: $0) }
    }

    private static func context(_ session: SessionID, _ column: Column) -> Data {
        var context = Data(session.bytes)
        context.append(contentsOf: column.rawValue.utf8)
        return context
    }
}

/// Why a sealed token doesn't open.
@nonexhaustive
public enum SealError: Error, Hashable, Sendable {
    /// Not a sealed token, or from a newer version.
    case malformed
    /// Sealed with an unknown key.
    case otherKey
    /// Altered, or moved to another session or column.
    case altered
}

extension TokenSeal {
    /// Like ``open(_:of:in:)``, but throws ``StoreError/Kind-swift.enum/damaged`` with the reason.
    package func openStored(_ sealed: Data, of id: SessionID, in column: Column) throws(StoreError) -> Secret {
        do throws(SealError) {
            return try open(sealed, of: id, in: column)
        } catch {
            let reason =
                switch error {
                case .malformed: "its \(column.rawValue) token isn't in a known sealed format"
                case .otherKey: Self.unknownKeyDamage
                case .altered: "its \(column.rawValue) token has been altered since it was sealed"
                }
            throw StoreError.damaged(id, reason)
        }
    }

    /// ``VisitorSession/damage`` of a session whose tokens no key opens.
    package static let unknownKeyDamage = "its tokens are sealed with an unknown key"
}
