import Foundation
import VisitorSessions

/// The body of a request: words of the command line, or a file that is sent piece by piece.
///
/// What comes through a pipe is kept in a file of its owner's alone until this is gone, because it may have to be sent a
/// second time.
final class RequestBody: Sendable {
    private static let pieceSize = 1 << 16

    let bytes: Data?
    let file: URL?
    private let isTemporary: Bool

    deinit {
        if isTemporary, let file { unlink(file.path) }
    }

    /// - Parameter text: As it was given: `@FILE` and `@-` name where it is.
    init(_ text: String) throws {
        guard text.hasPrefix("@") else {
            (bytes, file, isTemporary) = (Data(text.utf8), nil, false)
            return
        }
        bytes = nil
        let path = String(text.dropFirst())
        var status = stat()
        if path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, R_OK) == 0 {
            (file, isTemporary) = (URL(filePath: path), false)
        } else {
            (file, isTemporary) = (try Self.kept(path), true)
        }
    }

    private static func kept(_ path: String) throws -> URL {
        let name = path == "-" ? "Standard input" : "The file \(Quotation.of(path))"
        let copy = FileManager.default.temporaryDirectory.appending(path: "session-inspector-\(UUID().uuidString)")
        do {
            let source = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            let descriptor = open(copy.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            let target = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            while let piece = try source.read(upToCount: pieceSize), !piece.isEmpty {
                try target.write(contentsOf: piece)
            }
            return copy
        } catch {
            unlink(copy.path)
            throw Failure(.unreadableInput, "\(name) cannot be read: \(error.reason)")
        }
    }
}
