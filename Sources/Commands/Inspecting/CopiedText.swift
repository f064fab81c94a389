import Foundation
import InspectorCore
import VisitorSessions
import WixHeadless

/// A session in the forms that the inspector's copy menu has.
enum CopiedText {
    /// `nil`: the session has no such token.
    static func of(_ opened: OpenedSession, as form: CopyForm) -> Secret? {
        let access = opened.tokens.accessToken?.value
        switch form {
        case .accessToken: return access
        case .refreshToken: return opened.tokens.refreshToken?.value
        case .header: return access.map { Secret("Authorization: \($0.reveal())") }
        case .sdk: return SDKTokens.json(opened.tokens)
        case .cookie:
            let json = SDKTokens.json(opened.tokens).reveal()
            let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_.~"))
            return json.addingPercentEncoding(withAllowedCharacters: allowed).map { Secret("wix-session=\($0)") }
        case .curl: return access.map { Secret("curl -H 'Authorization: \($0.reveal())' https://www.wixapis.com/") }
        case .claim(_, let value): return Secret(value)
        }
    }
}
