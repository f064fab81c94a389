public import Foundation
public import VisitorSessions

/// The tokens of one session, shown in the clear until a time that is near.
public struct Reveal: Sendable {
    static let duration: Duration = .seconds(10)

    public var session: SessionID
    public var tokens: Tokens
    public var until: Date
}
