import Foundation

/// Something that an issuer must not forget, whatever becomes of its process: which tokens it takes no more.
enum IssuerNote: Hashable, Sendable {
    /// A refresh token was redeemed and replaced.
    case replaced(UUID)
    case revokedToken(UUID)
    case revokedVisitor(UUID)
    /// Everything that was given out before is revoked.
    case revokedAll
    /// A visitor that is new since then.
    case newVisitor(UUID)
}

/// As it stands in a file: a word, and an ID where it has one.
extension IssuerNote: LosslessStringConvertible {
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
