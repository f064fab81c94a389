public import VisitorSessions

public import struct Foundation.Date

/// Everything that the inspector knows and shows. Changed by ``update(_:_:)`` alone.
public struct Model: Sendable {
    public enum Pane: Sendable {
        case list, details
    }

    /// Which profile and store this is.
    public let title: String
    public let isReadOnly: Bool
    public let policy: SessionPolicy
    public let keymap: Keymap

    public internal(set) var size: Size

    /// The time, on the issuer's clock, that the screen shows.
    public internal(set) var now: Date

    /// What is added to UTC for the clock in the header, in seconds.
    public let secondsFromUTC: Int

    public internal(set) var list = SessionList()
    public internal(set) var census = SessionCensus()
    var counting = OneAtATime()
    public internal(set) var pane = Pane.list

    /// The opened session. `nil`: the details are closed.
    public internal(set) var details: Details?
    public internal(set) var popup: Popup?
    public internal(set) var toast: Toast?

    /// What takes back what was done, the last at the end.
    public internal(set) var undoSteps: [Operation] = []

    /// What is under way, and to which session.
    public internal(set) var pending: [Operation] = []

    /// Why the store cannot be read at present.
    public internal(set) var storeProblem: String?

    /// When to try to read it again.
    var retryAt: Date?

    public struct Details: Sendable {
        public var id: SessionID
        public var content: SessionDetails?
        public var scroll = 0
    }

    public init(
        title: String, isReadOnly: Bool = false, policy: SessionPolicy = SessionPolicy(),
        keymap: Keymap = .standard, size: Size, now: Date, secondsFromUTC: Int = 0
    ) {
        self.title = title
        self.isReadOnly = isReadOnly
        self.policy = policy
        self.keymap = keymap
        self.size = size
        self.now = now
        self.secondsFromUTC = secondsFromUTC
    }

    /// What to do before the first message.
    public mutating func start() -> [Effect] {
        list.load(.first, height: layout.listHeight) + count()
    }

    /// The state of a session as the screen shows it: what this inspector has under way goes first.
    public func state(of session: VisitorSession) -> SessionState {
        let isRenewing = pending.contains { if case .renew(session.id) = $0 { true } else { false } }
        return isRenewing ? .renewing : session.state(at: now, policy: policy)
    }
}
