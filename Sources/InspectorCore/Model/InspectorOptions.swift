public import Foundation
public import VisitorSessions

/// What does not change while an inspector is open.
public struct InspectorOptions: Sendable {
    /// Which profile this is. Empty: none.
    public var profile: String

    /// Where the sessions are, and who gives tokens out, in the words of a person.
    public var store: String
    public var issuer: String
    public var isReadOnly: Bool

    /// Whether it is known for which client a session would be generated.
    public var hasClientID: Bool
    public var policy: SessionPolicy
    public var keymap: Keymap

    /// What is wrong with the settings, to be said at the start.
    public var complaints: [String]
    public var timeZone: TimeZone

    public init(
        profile: String = "", store: String, issuer: String = "", isReadOnly: Bool = false, hasClientID: Bool = true,
        policy: SessionPolicy = SessionPolicy(), keymap: Keymap = .standard, complaints: [String] = [],
        timeZone: TimeZone = .current
    ) {
        self.profile = profile
        self.store = store
        self.issuer = issuer
        self.isReadOnly = isReadOnly
        self.hasClientID = hasClientID
        self.policy = policy
        self.keymap = keymap
        self.complaints = complaints
        self.timeZone = timeZone
    }
}
