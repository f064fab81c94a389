import Foundation
import VisitorSessions
import WixHeadless

/// Tokens as other programs take them, quoted for those: for `export` and for the inspector's copy menu.
enum TokenText {
    static func header(_ token: AccessToken) -> String {
        "Authorization: \(token.value.reveal())"
    }

    /// The cookie in which web templates keep the pair: everything but the unreserved characters of RFC 3986 is encoded, as
    /// `encodeURIComponent` does.
    static func cookie(_ tokens: Tokens) -> String {
        let unreserved = CharacterSet(charactersIn: "-._~").union(.init(charactersIn: "0"..."9"))
            .union(.init(charactersIn: "A"..."Z")).union(.init(charactersIn: "a"..."z"))
        let value = SDKTokens.json(tokens).reveal().addingPercentEncoding(withAllowedCharacters: unreserved)
        return "wix-session=\(value ?? "")"
    }

    /// The line of a curl configuration (`curl -K`) that sends the token. Tokens are visible ASCII, and a quoted value takes a
    /// backslash before these two.
    static func curlConfiguration(_ token: AccessToken) -> String {
        let quoted = header(token).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "header = \"\(quoted)\""
    }

    /// A command that sends the token to `url`. The token comes by standard input: it stands in no argument, where every
    /// user of the machine could read it, and a shell expands nothing in it.
    static func curlCommand(_ token: AccessToken, url: String) -> String {
        "curl -K - \(shellWord(url)) <<'EOF'\n\(curlConfiguration(token))\nEOF"
    }

    /// `text` as one word of a POSIX shell, whatever it holds but U+0000, which no word can.
    static func shellWord(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
