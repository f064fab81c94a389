import Crypto
import Foundation
import VisitorSessions

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

/// Why the development issuer can't start, in one sentence.
public struct DevelopmentIssuerError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
