public import VisitorSessions

/// What stands over the panes and takes the keys.
public enum Popup: Sendable {
    /// The keys of a pane, scrolled down by so many lines.
    case help(of: Focus, scroll: Int)
    case palette(Palette)
    case confirmation(Confirmation)
    case setTokens(SetEditor)
    case label(LabelEditor)
    case copy(CopyMenu)
    case notice(Notice)

    var focus: Focus {
        switch self {
        case .help: .help
        case .palette: .palette
        case .confirmation: .confirmation
        case .setTokens: .setEditor
        case .label: .labelEditor
        case .copy: .menu
        case .notice: .notice
        }
    }
}

/// The commands, found by typing.
public struct Palette: Sendable {
    public var field = TextField()
    public var choice = 0

    /// Where the command will be run.
    public var place: Focus
}

/// A question that only `y` says yes to.
public struct Confirmation: Sendable {
    /// What is to be done, such as “discard”.
    public var verb: String
    public var sessions: [VisitorSession]

    /// What it costs.
    public var warning: String
    public var operations: [Operation]
}

/// A label that is being edited.
public struct LabelEditor: Sendable {
    public var session: VisitorSession
    public var field: TextField
}

/// Several lines to be read, such as an issuer's answer.
public struct Notice: Sendable {
    public struct Line: Hashable, Sendable {
        public var name: String
        public var value: String
        public var isFailure: Bool

        public init(_ name: String, _ value: String, isFailure: Bool = false) {
            self.name = name
            self.value = value
            self.isFailure = isFailure
        }
    }

    public var title: String
    public var lines: [Line]
    public var scroll = 0

    public init(title: String, lines: [Line]) {
        self.title = title
        self.lines = lines
    }
}
