import Crypto
import Foundation
import VisitorSessions

/// The file of tokens that are no longer valid, one entry per line, readable only by its owner (mode 0600).
///
/// It only grows. Removing it makes every replaced or revoked token valid again.
struct RevocationLog: Sendable {
    enum Entry: Hashable, Sendable {
        /// A refresh token was redeemed and replaced.
        case replaced(UUID)
        case revokedToken(UUID)
        case revokedVisitor(UUID)
        /// Every token issued so far was revoked.
        case revokedAll
        /// A visitor created after ``revokedAll``.
        case newVisitor(UUID)
    }

    let url: URL

    init(folder: URL) {
        url = folder.appending(path: "revocations")
    }

    /// Skips incomplete lines: their responses were never sent.
    func read() throws(DevelopmentIssuerError) -> [Entry] {
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        do {
            return try String(decoding: Data(contentsOf: url), as: UTF8.self).split(separator: "\n")
                .compactMap { Entry(String($0)) }
        } catch {
            throw DevelopmentIssuerError(
                "Can't read \(url.path), the list of revoked tokens. Check its owner and permissions.")
        }
    }

    /// Starts each entry on a new line, in case an earlier process left an incomplete one.
    func append(_ entries: [Entry]) throws {
        let descriptor = open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(entries.map { "\n\($0)" }.joined().utf8))
    }
}

extension RevocationLog.Entry: LosslessStringConvertible {
    init?(_ text: String) {
        let words = text.split(separator: " ")
        let id = words.count == 2 ? UUID(uuidString: String(words[1])) : nil
        switch (words.first, id) {
        case ("replaced", let id?): self = .replaced(id)
        case ("revoked-token", let id?): self = .revokedToken(id)
        case ("revoked-visitor", let id?): self = .revokedVisitor(id)
        case ("new-visitor", let id?): self = .newVisitor(id)
        case ("revoked-all", nil) where words.count == 1: self = .revokedAll
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .replaced(let id): "replaced \(id)"
        case .revokedToken(let id): "revoked-token \(id)"
        case .revokedVisitor(let id): "revoked-visitor \(id)"
        case .revokedAll: "revoked-all"
        case .newVisitor(let id): "new-visitor \(id)"
        }
    }
}

/// The file with the signing key: 32 bytes, readable only by its owner.
struct SigningKeyFile {
    private static let size = 32
    let url: URL

    init(folder: URL) {
        url = folder.appending(path: "signing.key")
    }

    /// Returns the key, creating the file if it's missing. Issuers that do this concurrently get the same key.
    func readOrCreate() throws(DevelopmentIssuerError) -> SymmetricKey {
        let bytes: Data
        do throws(FileError) {
            if let kept = try read() { bytes = kept } else { bytes = try create() }
        } catch {
            throw DevelopmentIssuerError(
                "Can't read or create the signing key \(url.path). Check its folder's owner and permissions.")
        }
        guard bytes.count == Self.size else {
            throw DevelopmentIssuerError("\(url.path) isn't a signing key. Remove it to create a new one.")
        }
        return SymmetricKey(data: bytes)
    }

    /// `nil`: there is no file.
    private func read() throws(FileError) -> Data? {
        do {
            return try RegularFile.read(url, limit: Self.size)
        } catch {
            switch error {
            case _ where error.isMissing: return nil
            case .tooLarge: return Data()
            default: throw error
            }
        }
    }

    private func create() throws(FileError) -> Data {
        try PrivateFile.createFolder(url.deletingLastPathComponent())
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        // If another issuer created it first, use that key.
        return try PrivateFile.make(url, key) ? key : RegularFile.read(url, limit: Self.size)
    }
}
