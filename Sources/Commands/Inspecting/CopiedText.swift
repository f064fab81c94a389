import Foundation
import InspectorCore
import VisitorSessions
import WixHeadless

/// A session in the forms that the inspector's copy menu has.
enum CopiedText {
    /// `nil`: the session has no such token.
    static func of(_ opened: OpenedSession, as form: CopyForm) -> Secret? {
        let access = opened.tokens.accessToken
        switch form {
        case .accessToken: return access?.value
        case .refreshToken: return opened.tokens.refreshToken?.value
        case .header: return access.map { Secret(TokenText.header($0)) }
        case .sdk: return SDKTokens.json(opened.tokens)
        case .cookie: return Secret(TokenText.cookie(opened.tokens))
        case .curl: return access.map { Secret(TokenText.curlCommand($0, url: "https://www.wixapis.com/")) }
        case .claim(_, let value): return Secret(value)
        }
    }
}
