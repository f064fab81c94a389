import Crypto
import Foundation

/// The file in which an issuer keeps its signing key, so that its tokens outlive it: 32 bytes, for its owner
/// alone (mode 0600).
struct SigningKeyFile {
    let url: URL

    init(folder: URL) {
        url = folder.appending(path: "signing.key")
    }

    /// The key in the file, which is made first where there is none. Several issuers that do this at once end up
    /// with the same key.
    func readOrMake() throws(DevelopmentIssuerError) -> SymmetricKey {
        do {
            if !FileManager.default.fileExists(atPath: url.path) { try make() }
            let bytes = try Data(contentsOf: url)
            guard bytes.count == 32 else { throw CocoaError(.fileReadCorruptFile) }
            return SymmetricKey(data: bytes)
        } catch CocoaError.fileReadCorruptFile {
            throw DevelopmentIssuerError(
                "The file \(url.path) does not hold a signing key. Remove it to get a new one.")
        } catch {
            throw DevelopmentIssuerError(
                "The signing key \(url.path) can be neither read nor made. Check its folder's owner and permissions.")
        }
    }

    /// Whole under a name of its own first: nobody may read half a key.
    private func make() throws {
        let folder = url.deletingLastPathComponent()
        let manager = FileManager.default
        try manager.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let draft = folder.appending(path: ".signing.\(UUID().uuidString)")
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        guard manager.createFile(atPath: draft.path, contents: key, attributes: [.posixPermissions: 0o600]) else {
            throw CocoaError(.fileWriteNoPermission)
        }
        defer { try? manager.removeItem(at: draft) }
        do {
            try manager.linkItem(at: draft, to: url)
        } catch CocoaError.fileWriteFileExists {
            // Another issuer was faster: its key is as good.
        }
    }
}
