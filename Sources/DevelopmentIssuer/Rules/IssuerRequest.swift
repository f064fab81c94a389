import Foundation

/// A request to the development issuer, read to its end.
struct IssuerRequest: Sendable {
    var method: String

    /// Without the query.
    var path: String

    /// By their names in lower case.
    var headers: [String: String] = [:]

    /// `nil` where it was larger than ``bodyLimit``.
    var body: Data?

    /// The largest body that is looked at, in bytes.
    static let bodyLimit = 1 << 20
}
