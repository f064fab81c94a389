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
