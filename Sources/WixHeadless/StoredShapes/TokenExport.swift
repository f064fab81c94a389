package import Foundation
package import VisitorSessions

/// The forms in which tokens leave the program, each quoted for the program that reads it.
///
/// The `export` command and the inspector's copy menu share them.
package enum TokenExport: Hashable, Sendable {
    case accessToken, refreshToken
    /// The JavaScript SDK's JSON.
    case sdk
    /// The cookie in which web templates keep the SDK's JSON.
    case cookie
    /// Variables for a POSIX shell.
    case env
    /// An Authorization header field.
    case header
    /// A configuration file for `curl -K`.
    case curlConfiguration
    /// A shell command that sends the token to the session's issuer.
    case curlCommand
    /// The token endpoint's response.
    case response

    /// Whether a text can hold only one session in this form, because the values of several would be mixed up.
    package var isForOneSession: Bool {
        switch self {
        case .env, .header, .curlConfiguration: true
        case .accessToken, .refreshToken, .sdk, .cookie, .curlCommand, .response: false
        }
    }

    /// The session's tokens in this form. `nil`: the session doesn't have the token that the form needs.
    ///
    /// - Parameter url: Where a command sends the token. `nil`: the issuer that granted it, which is Wix if it isn't known.
    package func text(of opened: OpenedSession, now: Date, url: URL? = nil) -> Secret? {
        let tokens = opened.tokens
        switch self {
        case .accessToken: return tokens.accessToken?.value
        case .refreshToken: return tokens.refreshToken?.value
        case .sdk: return SDKTokens.json(tokens)
        case .cookie: return Self.cookie(tokens)
        case .env:
            let variables = [
                ("WIX_CLIENT_ID", opened.session.clientID), ("WIX_ACCESS_TOKEN", tokens.accessToken?.value.reveal()),
                ("WIX_REFRESH_TOKEN", tokens.refreshToken?.value.reveal()),
            ]
            let lines = variables.compactMap { name, value in value.map { "\(name)=\(Self.shellWord($0))" } }
            return Secret(lines.joined(separator: "\n"))
        case .header: return tokens.accessToken.map { Secret(Self.header($0)) }
        case .curlConfiguration: return tokens.accessToken.map { Secret(Self.curlConfiguration($0)) }
        case .curlCommand:
            // The token is passed on standard input, because every user of the machine can read a process's arguments.
            // The quoted delimiter keeps the shell from expanding it.
            return tokens.accessToken.map {
                let issuer = "\(opened.session.issuer ?? "https://www.wixapis.com")/"
                let url = Self.shellWord(url?.absoluteString ?? issuer)
                return Secret("curl -K - \(url) <<'EOF'\n\(Self.curlConfiguration($0))\nEOF")
            }
        case .response: return EndpointTokens.json(tokens, now: now)
        }
    }

    /// `text` as one word of a POSIX shell. It can hold everything but U+0000.
    package static func shellWord(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }

    private static func cookie(_ tokens: Tokens) -> Secret {
        Secret("wix-session=\(SDKTokens.json(tokens).reveal().percentEncoded)")
    }

    private static func header(_ token: AccessToken) -> String {
        "Authorization: \(token.value.reveal())"
    }

    /// Tokens are visible ASCII, so in a quoted value only these two characters need a backslash.
    private static func curlConfiguration(_ token: AccessToken) -> String {
        let quoted = header(token).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "header = \"\(quoted)\""
    }
}

extension String {
    /// Encodes everything but the unreserved characters of RFC 3986, much as `encodeURIComponent` does.
    var percentEncoded: String {
        let unreserved = CharacterSet(charactersIn: "-._~").union(.init(charactersIn: "0"..."9"))
            .union(.init(charactersIn: "A"..."Z")).union(.init(charactersIn: "a"..."z"))
        return addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}
