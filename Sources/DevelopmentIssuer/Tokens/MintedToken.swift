import Foundation

/// What a token of this issuer says, once its signature is verified.
struct MintedToken: Hashable, Sendable {
    /// Of a refresh token its own; of an access token its visitor's.
    var id: UUID
    var visitor: Visitor

    /// In whole seconds.
    var issuedAt: Date
    var expiresAt: Date
}
