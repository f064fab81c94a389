import VisitorSessions

/// The token editor: pasted or typed text, and what was found in it.
package struct SetEditor: Sendable {
    package enum Reading: Sendable {
        case nothing
        case pending
        case recognized(TokenPreview)
        /// More than one session: a list to choose from.
        case several([TokenPreview])
        /// Why the text isn't recognized, and previews of setting it as a token anyway.
        case unrecognized(String, anyway: [TokenPreview])
    }

    package var field = TextField()
    package var reading = Reading.nothing

    /// The index of the chosen session if the text contains several.
    var choice = 0

    /// The session whose tokens are replaced. `nil`: a new one.
    let session: VisitorSession?

    /// Whether Enter was pressed while the text was being read.
    var isConfirmed = false

    /// The number of the latest reading. Results of earlier readings are ignored.
    private(set) var serial = 0

    init(for session: VisitorSession? = nil) { self.session = session }

    var isChoosing: Bool { if case .several = reading { true } else { false } }

    /// Another session that holds the refresh token. Both would redeem it, so the tokens can't be set.
    func refreshTokenHolder(of preview: TokenPreview) -> VisitorSession? {
        preview.tokens.refreshToken == nil ? nil : preview.holders.first { $0.id != session?.id }
    }

    /// Another session that holds the access token, if there is no refresh token. Unusual, but harmless.
    func accessTokenHolder(of preview: TokenPreview) -> VisitorSession? {
        preview.tokens.refreshToken == nil ? preview.holders.first { $0.id != session?.id } : nil
    }

    /// Requests a reading of the text.
    mutating func read() -> [Effect] {
        serial += 1
        isConfirmed = false
        choice = 0
        reading = field.isEmpty ? .nothing : .pending
        guard !field.isEmpty else { return [] }
        return [.read(Secret(field.text), for: session?.id, serial: serial)]
    }
}
