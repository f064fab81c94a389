import VisitorSessions

/// The popup that takes tokens: the text that was pasted or typed, and what was found in it.
package struct SetEditor: Sendable {
    package enum Reading: Sendable {
        case nothing
        case pending
        case understood(TokenPreview)
        case notUnderstood(String)

        var isPending: Bool { if case .pending = self { true } else { false } }
    }

    package var field = TextField()
    package var reading = Reading.nothing

    /// The session whose tokens would be replaced. `nil`: a new one.
    let session: VisitorSession?

    /// Whether Enter was pressed on this text.
    var isConfirmed = false

    /// Counts the readings: a late answer for an older text is dropped.
    private(set) var serial = 0

    /// - Parameter session: The session to set tokens on. `nil`: a new one.
    init(for session: VisitorSession? = nil) {
        self.session = session
    }

    /// Another session that holds the refresh token: both would redeem it. `nil`: the tokens can be set.
    func otherHolder(of preview: TokenPreview) -> VisitorSession? {
        preview.tokens.refreshToken == nil ? nil : preview.holders.first { $0.id != session?.id }
    }

    /// Another session that holds the access token, if there is no refresh token. That is odd, but harmless.
    func twin(of preview: TokenPreview) -> VisitorSession? {
        preview.tokens.refreshToken == nil ? preview.holders.first { $0.id != session?.id } : nil
    }

    /// Asks what the text means.
    mutating func read() -> [Effect] {
        serial += 1
        isConfirmed = false
        reading = field.isEmpty ? .nothing : .pending
        guard !field.isEmpty else { return [] }
        return [.read(Secret(field.text), for: session?.id, serial: serial)]
    }
}
