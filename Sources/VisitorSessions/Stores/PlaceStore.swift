/// Where an application keeps tokens: a cookie or a local storage item of an origin, and the form of its text.
///
/// Holds no tokens, and no text that an application keeps beside them.
public struct TokenPlace: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case cookie
        case local
    }

    /// Such as `http://localhost:3000`.
    public var origin: String
    public var kind: Kind

    /// The cookie's name or the item's key.
    public var name: String

    /// The cookie's attributes as JSON. Empty for local storage.
    public var attributes: String

    /// The text with sample tokens.
    public var form: String

    public init(origin: String, kind: Kind, name: String, attributes: String, form: String) {
        self.origin = origin
        self.kind = kind
        self.name = name
        self.attributes = attributes
        self.form = form
    }
}

/// Remembers where applications keep tokens, so that a browser can be opened as a stored visitor.
public protocol PlaceStore: Sendable {
    /// Remembers a place. One of the same origin, kind and name is replaced.
    func remember(_ place: TokenPlace) async throws(StoreError)

    /// The origins that have places, in order.
    func placeOrigins() async throws(StoreError) -> [String]

    /// The places of an origin, ordered by kind and name.
    func places(of origin: String) async throws(StoreError) -> [TokenPlace]
}
