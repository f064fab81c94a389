import Foundation

/// What a mouse did, and where.
public struct MouseEvent: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case press, wheelUp, wheelDown
    }

    public var kind: Kind
    public var place: Place

    public init(_ kind: Kind, at place: Place) {
        self.kind = kind
        self.place = place
    }
}

/// The last press, for knowing the second of a pair.
struct MousePress: Sendable {
    static let pairs: Duration = .milliseconds(400)

    var place: Place
    var at: Date
}
