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
        case .cookie:
            // Everything but the unreserved characters of RFC 3986, as `encodeURIComponent` leaves them.
            let unreserved = CharacterSet(charactersIn: "-._~").union(.init(charactersIn: "0"..."9"))
                .union(.init(charactersIn: "A"..."Z")).union(.init(charactersIn: "a"..."z"))
            let value = SDKTokens.json(tokens).reveal().addingPercentEncoding(withAllowedCharacters: unreserved)
            return "wix-session=\(value ?? "")"
        case .env:
            return [
                ("WIX_CLIENT_ID", opened.session.clientID), ("WIX_ACCESS_TOKEN", tokens.accessToken?.value.reveal()),
                ("WIX_REFRESH_TOKEN", tokens.refreshToken?.value.reveal()),
            ].compactMap { name, value in value.map { "\(name)=\(Self.shellQuoted($0))" } }.joined(separator: "\n")
        case .header: return "Authorization: \(try access(opened))"
        // Tokens are visible ASCII, and a quoted value takes a backslash before these two.
        case .curl:
            let quoted = try access(opened).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "header = \"Authorization: \(quoted)\""
        case .response: return EndpointTokens.json(tokens, now: now).reveal()
        case .session: return try document.json(pretty: false)
        }
    }

    private func access(_ opened: OpenedSession) throws -> String {
        guard let token = opened.tokens.accessToken else {
            throw Failure(.unreadableInput, "Session \(opened.session.id) has no access token. Renew it first.")
        }
        return token.value.reveal()
    }

    private static func shellQuoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
