import Foundation
import VisitorSessions

/// A value that an application keeps under a name: a cookie, or an item of a browser's storage.
struct NamedValue {
    private static let names: Set<String> = [
        "wix-session", "wix_session", "wixsession", "wix_refreshtoken", "wixrefresh",
    ]
    private static let refreshTokens: Set<String> = ["wix_refreshtoken", "wixrefresh"]
    private static let clientPrefix = "wix-visitor-token-"

    var name: String
    var value: String

    /// Adds the tokens in it, where it has any. Most values have none: only under a name that is known to be one of
    /// tokens it is a problem that they cannot be read.
    func find(at place: @autoclosure () -> String, now: Date, into list: inout FindingList) {
        let content = UnwrappedText(value).content
        let isToken = content.hasPrefix("OauthNG.JWS.") || content.hasPrefix("JWS.")
        guard isKnown || isToken || content.hasPrefix("{"), !content.isEmpty else { return }
        do {
            var read = try read(content, now)
            // Anything may be kept as an object with a value: without a role or a name it is no refresh token.
            if !isKnown, read.shape == RefreshTokenAlone.name, !content.contains("\"role\""), !isToken { return }
            read.clientID = read.clientID ?? clientID
            list.add(read, at: place())
        } catch {
            if isKnown { list.add(problem: error, at: place()) }
        }
    }

    /// Under some names a bare token is a refresh token, whatever it looks like.
    private func read(_ content: String, _ now: Date) throws(UnreadableTokens) -> ReadTokens {
        guard Self.refreshTokens.contains(name.lowercased()), !content.hasPrefix("{"),
            !content.hasPrefix("OauthNG.JWS.")
        else {
            return try StoredShapes.read(content, now: now)
        }
        return try ReadTokens(
            TokenSlots(refresh: .init(content, "The refresh token")), shape: RefreshTokenAlone.name)
    }

    /// The name for people. A client ID in it is left out: it would look like a token.
    var shown: String {
        clientID == nil ? SafeText.shown(name, without: [], limit: 64) : Self.clientPrefix + "…"
    }

    private var isKnown: Bool {
        Self.names.contains(name.lowercased()) || clientID != nil
    }

    private var clientID: String? {
        guard name.hasPrefix(Self.clientPrefix) else { return nil }
        let id = SafeText.shown(name.dropFirst(Self.clientPrefix.count), limit: 128)
        return id.isEmpty ? nil : id
    }
}
