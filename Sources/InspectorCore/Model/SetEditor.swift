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

    /// Whether Enter was pressed on this text.
    var isConfirmed = false

    /// Counts the readings that were asked for: a late answer to an older text is dropped.
    var serial = 0

    init(_ target: Target, named name: String) {
        self.target = target
        self.targetName = name
    }

    /// Asks what the text means by now.
    mutating func read() -> [Effect] {
        serial += 1
        isConfirmed = false
        reading = field.isEmpty ? .nothing : .pending
        guard !field.isEmpty else { return [] }
        return [.read(Secret(field.text), serial: serial)]
    }
}
