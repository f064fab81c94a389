public import Foundation

/// A short word on what just happened.
public struct Toast: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case done, hint, failure
    }

    public var kind: Kind
    public var text: String
    public var until: Date

    /// Whether it says that the issuer does not answer: it goes when the issuer does.
    var isOfIssuer = false
}
