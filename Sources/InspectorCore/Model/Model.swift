public import Foundation
public import VisitorSessions

/// Everything that the inspector knows and shows. Changed by ``update(_:_:)`` alone.
public struct Model: Sendable {
    public let options: InspectorOptions

    public internal(set) var size: Size

    /// The time, on the issuer's clock.
    public internal(set) var now: Date

    public internal(set) var list = SessionList()
    public internal(set) var panes = Panes()

    /// The popups, the one on top at the end.
    public internal(set) var popups: [Popup] = []

    /// The filter or the search, while it is typed.
    public internal(set) var line: TextField?
    public internal(set) var toast: Toast?

    public internal(set) var census = SessionCensus()
    public internal(set) var timeline: Timeline?
    var counting = PacedQuestion()

    /// What is under way, the oldest first.
    public internal(set) var works: [Work] = []
    var lastWork = 0

    /// Whether requests are being finished before the process is suspended: nothing new is begun.
    public internal(set) var isSuspending = false

    /// Questions to the issuer that have no answer yet.
    var openQuestions = 0

    /// What takes back what was done, the last at the end.
    public internal(set) var undoSteps: [UndoStep] = []
    public internal(set) var log = EventLog()
    public internal(set) var reveal: Reveal?
    public internal(set) var times = TimeMode.left
    public internal(set) var takesMouse = true

    /// When the screen was frozen. `nil`: it moves.
    public internal(set) var frozenAt: Date?

    /// Why the store cannot be read at present.
    public internal(set) var storeProblem: String?

    /// Why the issuer gives no answers at present.
    public internal(set) var issuerProblem: String? {
        didSet { if oldValue == nil { issuerCheckAt = now + Self.issuerPause } }
    }

    /// When to find out whether the issuer answers again, while it does not.
    private(set) var issuerCheckAt = Date.distantPast
    private static let issuerPause: Duration = .seconds(15)

    /// When to try to read the store again.
    var retryAt: Date?
    var lastPress: MousePress?

    public init(_ options: InspectorOptions, remembered: RememberedView? = nil, size: Size, now: Date) {
        self.options = options
        self.size = size
        self.now = now
        if let remembered { restore(remembered) }
    }

    public var isReadOnly: Bool { options.isReadOnly }
    public var policy: SessionPolicy { options.policy }
    public var keymap: Keymap { options.keymap }

    /// What to do before the first message.
    public mutating func start() -> [Effect] {
        if !options.complaints.isEmpty { say(.failure, options.complaints.joined(separator: " ")) }
        return list.load(.first, height: layout.listHeight) + count() + [.mouse(takesMouse)] + openPane()
    }

    /// The time that the screen shows.
    public var shownAt: Date { frozenAt ?? now }

    /// The state of a session as the screen shows it: what this inspector has under way goes first.
    public func state(of session: VisitorSession) -> SessionState {
        let isRenewing = works.contains {
            $0.running.contains { if case .renew(session.id) = $0 { true } else { false } }
        }
        return isRenewing ? .renewing : session.state(at: shownAt, policy: policy)
    }

    /// Asks whether the issuer answers again, now and then while it does not.
    mutating func checkIssuer() -> [Effect] {
        guard issuerProblem != nil, issuerCheckAt <= now else { return [] }
        issuerCheckAt = now + Self.issuerPause
        return [.checkIssuer]
    }

    /// Where the keys go.
    public var focus: Focus {
        popups.last?.focus ?? (line == nil ? panes.focus : .line)
    }

    /// The key to name in a message: the keymap's, whatever it has been changed to.
    func key(_ action: Action, in focus: Focus = .list) -> String {
        keymap.keyName(of: action, in: focus)
    }
}
