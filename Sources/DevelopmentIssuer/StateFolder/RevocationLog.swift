import Foundation

/// The file that keeps which tokens an issuer no longer accepts, one entry a line, readable only by its owner (mode 0600).
///
/// It only grows. Remove it, and every token that was replaced or revoked is accepted again.
struct RevocationLog: Sendable {
    /// A change that must outlast the process.
    enum Entry: Hashable, Sendable {
        /// A refresh token was redeemed and replaced.
        case replaced(UUID)
        case revokedToken(UUID)
        case revokedVisitor(UUID)
        /// Every token that was issued before is revoked.
        case revokedAll
        /// A visitor who is new since then.
        case newVisitor(UUID)
    }

    let url: URL

    init(folder: URL) {
        url = folder.appending(path: "tokens-taken-back")
    }

    /// All entries. An incomplete line belongs to an answer that was never sent, and is skipped.
    func read() throws(DevelopmentIssuerError) -> [Entry] {
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        do {
            return try String(decoding: Data(contentsOf: url), as: UTF8.self).split(separator: "\n")
                .compactMap { Entry(String($0)) }
        } catch {
            throw DevelopmentIssuerError(
                "The file \(url.path) cannot be read. Without it tokens would be taken that were replaced or revoked. "
                    + "Check its owner and permissions.")
        }
    }

    /// Appends entries. Each starts a new line, in case an earlier process left an incomplete one.
    func append(_ entries: [Entry]) throws {
        let descriptor = open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(entries.map { "\n\($0)" }.joined().utf8))
    }
}

/// The text of an entry: a word, and an ID if it has one.
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
