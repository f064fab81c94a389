import Foundation

/// The file in which an issuer keeps its notes, one a line, for its owner alone (mode 0600). It only grows: remove it
/// to have every token taken again that was ever replaced or revoked.
struct IssuerNotebook: Sendable {
    let url: URL

    init(folder: URL) {
        url = folder.appending(path: "tokens-taken-back")
    }

    /// What was written down. A line that is not whole belongs to an answer that never left, and is passed over.
    func read() throws(DevelopmentIssuerError) -> [IssuerNote] {
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        do {
            return try String(decoding: Data(contentsOf: url), as: UTF8.self).split(separator: "\n")
                .compactMap { IssuerNote(String($0)) }
        } catch {
            throw DevelopmentIssuerError(
                "The file \(url.path) cannot be read. Without it tokens would be taken that were replaced or revoked. "
                    + "Check its owner and permissions.")
        }
    }

    /// Each note begins a line of its own, whatever an earlier process has left half-written before it.
    func append(_ notes: [IssuerNote]) throws {
        let descriptor = open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(notes.map { "\n\($0)" }.joined().utf8))
    }
}
