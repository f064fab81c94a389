import InspectorCore
import VisitorSessions

/// Asks an issuer something with a session's access token.
struct IssuerQuestion: Sendable {
    let manager: SessionManager

    /// Sends the token with it. `nil`: this issuer cannot be asked.
    let question: (@Sendable (Secret) async -> Notice)?

    /// Why it cannot be asked, where it cannot.
    let reason: String

    /// The answer, or why there is none.
    func ask(about session: VisitorSession) async -> Notice {
        let name = session.id.prefix(6)
        func nothing(_ reason: String) -> Notice {
            Notice(title: name, lines: [.init("nothing asked", reason, isFailure: true)])
        }
        guard let question else { return nothing(reason) }
        do {
            guard let token = try await manager.openForIssuer(session.id).tokens.accessToken else {
                return nothing("The session has no access token.")
            }
            var notice = await question(token.value)
            notice.title = "\(notice.title) of \(name)"
            return notice
        } catch {
            return nothing(error.message)
        }
    }
}
