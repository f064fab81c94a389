import Crypto
import Foundation
import VisitorSessions

/// The file that keeps an issuer's signing key, so that its tokens outlive the process: 32 bytes, readable only by its owner.
struct SigningKeyFile {
    private static let size = 32
    let url: URL

    init(folder: URL) {
        url = folder.appending(path: "signing.key")
    }

    /// The key in the file, which is created if it's missing. Issuers that do this at the same time all get the same key.
    func readOrMake() throws(DevelopmentIssuerError) -> SymmetricKey {
        let bytes: Data
        do throws(FileError) {
            if let kept = try read() { bytes = kept } else { bytes = try make() }
        } catch {
            throw DevelopmentIssuerError(
                "The signing key \(url.path) can be neither read nor made. Check its folder's owner and permissions.")
        }
        guard bytes.count == Self.size else {
            throw DevelopmentIssuerError(
                "The file \(url.path) does not hold a signing key. Remove it to get a new one.")
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

    private func make() throws(FileError) -> Data {
        try PrivateFile.makeFolder(url.deletingLastPathComponent())
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        // If another issuer was faster, its key counts.
        return try PrivateFile.make(url, key) ? key : RegularFile.read(url, limit: Self.size)
    }
}

/// Why a development issuer does not run, in one sentence.
public struct DevelopmentIssuerError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
