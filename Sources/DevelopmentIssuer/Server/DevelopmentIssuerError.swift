/// Why a development issuer does not run, in one sentence.
public struct DevelopmentIssuerError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
