public import VisitorSessions

/// The popup that takes tokens: what was pasted or typed, and what was understood of it.
public struct SetEditor: Sendable {
    public enum Target: Hashable, Sendable {
        case new
        case session(SessionID)
    }

    public enum Reading: Sendable {
        case nothing
        /// It is being read.
        case pending
        case understood(TokenPreview)
        case notUnderstood(String)

        var isPending: Bool { if case .pending = self { true } else { false } }
    }

    public var target: Target

    /// The target as a person knows it.
    public var targetName: String
    public var field = TextField()
    public var reading = Reading.nothing

    /// The session whose tokens would be replaced. `nil`: a new one.
    let session: VisitorSession?

    /// Whether Enter was pressed on this text.
    var isConfirmed = false

    /// Counts the readings that were asked for: a late answer to an older text is dropped.
    var serial = 0

    /// Takes the tokens of a new session.
    init() {
        target = .new
        targetName = "a new session"
        session = nil
    }

    init(for session: VisitorSession) {
        target = .session(session.id)
        targetName = session.shortName
        self.session = session
    }

    /// Another session that holds the refresh token: two of them would redeem it twice. `nil`: it may be set here.
    func otherHolder(of preview: TokenPreview) -> VisitorSession? {
        preview.tokens.refreshToken == nil ? nil : preview.holders.first { target != .session($0.id) }
    }

    /// Another session that holds the access token, where that is all there is: an oddity that harms nobody.
    func twin(of preview: TokenPreview) -> VisitorSession? {
        preview.tokens.refreshToken == nil ? preview.holders.first { target != .session($0.id) } : nil
    }

    /// Asks what the text means by now.
    mutating func read() -> [Effect] {
        serial += 1
        isConfirmed = false
        reading = field.isEmpty ? .nothing : .pending
        guard !field.isEmpty else { return [] }
        return [.read(Secret(field.text), for: session?.id, serial: serial)]
    }
}
