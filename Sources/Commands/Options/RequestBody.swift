import Foundation
import VisitorSessions
import WixHeadless

/// The body of a request: words of the command line, or a file that is sent piece by piece.
///
/// Input that can be read only once, as from a pipe, is copied into a file without a name, because it may have to be sent a
/// second time. Whichever way the process ends, nothing is left of it.
enum RequestBody {
    case bytes(Data)
    case file(HTTPFileBody)

    private static let pieceSize = 1 << 16

    /// - Parameter text: As it was given: `@FILE` and `@-` name where it is.
    init(_ text: String) throws {
        guard text.hasPrefix("@") else {
            self = .bytes(Data(text.utf8))
            return
        }
        let path = String(text.dropFirst())
        let name = path == "-" ? "Standard input" : "The file \(Quotation.of(path))"
        let input = path == "-" ? dup(STDIN_FILENO) : Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Self.unreadable(name) }
        let file = FileHandle(fileDescriptor: input, closeOnDealloc: true)
        var status = stat()
        guard fstat(input, &status) == 0 else { throw Self.unreadable(name) }
        if path != "-", status.st_mode & S_IFMT == S_IFREG {
            self = .file(HTTPFileBody(descriptor: dup(input), byteCount: Int64(status.st_size)))
        } else {
            self = .file(try Self.copy(of: file, named: name))
        }
    }

    private static func copy(of input: FileHandle, named name: String) throws -> HTTPFileBody {
        let folder = FileManager.default.temporaryDirectory
        let path = folder.appending(path: "session-inspector-\(UUID().uuidString)").path
        let copy = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard copy >= 0 else { throw unwritable(folder, errno) }
        unlink(path)
        var size: Int64 = 0
        do {
            let output = FileHandle(fileDescriptor: copy, closeOnDealloc: false)
            while true {
                let piece: Data
                do {
                    guard let read = try input.read(upToCount: pieceSize), !read.isEmpty else { break }
                    piece = read
                } catch {
                    throw Failure(.unreadableInput, "\(name) can't be read: \(error.reason)")
                }
                do {
                    try output.write(contentsOf: piece)
                } catch {
                    throw unwritable(folder, Int32((error as NSError).code))
                }
                size += Int64(piece.count)
            }
        } catch {
            close(copy)
            throw error
        }
        return HTTPFileBody(descriptor: copy, byteCount: size)
    }

    private static func unreadable(_ name: String) -> Failure {
        Failure(.unreadableInput, "\(name) can't be read: \(String(cString: strerror(errno))).")
    }

    private static func unwritable(_ folder: URL, _ number: Int32) -> Failure {
        Failure(
            .cannotCreate,
            "The body can't be kept in \(Quotation.of(folder.path)): \(String(cString: strerror(number))). Set TMPDIR to a "
                + "folder that can be written, or give the body as a file (-d @FILE).")
    }
}
