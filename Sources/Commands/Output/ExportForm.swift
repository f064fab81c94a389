import ArgumentParser
import Foundation
import VisitorSessions
import WixHeadless

/// The forms in which tokens leave, each for a tool that takes it.
enum ExportForm: String, CaseIterable, ExpressibleByArgument {
    case sdk, cookie, env, header, curl, response, session

    /// Whether two of them in one text would not be told apart.
    var isForOne: Bool {
        switch self {
        case .env, .header, .curl: true
        case .sdk, .cookie, .response, .session: false
        }
    }

    func text(_ opened: OpenedSession, _ document: SessionDocument, now: Date) throws -> String {
        let tokens = opened.tokens
        switch self {
        case .sdk: return SDKTokens.json(tokens).reveal()
        case .cookie: return TokenText.cookie(tokens)
        case .env:
            return [
                ("WIX_CLIENT_ID", opened.session.clientID), ("WIX_ACCESS_TOKEN", tokens.accessToken?.value.reveal()),
                ("WIX_REFRESH_TOKEN", tokens.refreshToken?.value.reveal()),
            ].compactMap { name, value in value.map { "\(name)=\(TokenText.shellWord($0))" } }.joined(separator: "\n")
        case .header: return TokenText.header(try access(opened))
        case .curl: return TokenText.curlConfiguration(try access(opened))
        case .response: return EndpointTokens.json(tokens, now: now).reveal()
        case .session: return try document.json(pretty: false)
        }
    }

    private func access(_ opened: OpenedSession) throws -> AccessToken {
        guard let token = opened.tokens.accessToken else {
            throw Failure(.unreadableInput, "Session \(opened.session.id) has no access token. Renew it first.")
        }
        return token
    }
}
