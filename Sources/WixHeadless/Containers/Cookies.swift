import Foundation
import VisitorSessions

/// The value of a `Cookie` header field: `name=value; name=value` (RFC 6265, section 4.2).
enum CookieHeader {
    /// No browser sends a longer one, nor a hundredth of it.
    private static let longest = 1 << 20

    /// The cookies in a line, with or without the field's name before them. `nil` where it is none.
    static func cookies(_ line: some StringProtocol) -> [NamedValue]? {
        guard line.utf8.count <= longest else { return nil }
        var text = line.trimmingCharacters(in: .whitespaces)
        let name = text.prefix { $0 != ":" }
        let isNamed =
            name.utf8.count < text.utf8.count
            && ["cookie", "set-cookie"].contains(name.trimmingCharacters(in: .whitespaces).lowercased())
        if isNamed { text = String(text[name.endIndex...].dropFirst()) }
        let parts = text.split(separator: ";")
        let cookies = parts.compactMap(pair)
        return isNamed || cookies.count == parts.count && !cookies.isEmpty ? cookies : nil
    }

    static func find(_ line: some StringProtocol, in place: String, now: Date, into list: inout FindingList) {
        for cookie in cookies(line) ?? [] {
            cookie.find(at: "\(place)cookie \(cookie.shown)", now: now, into: &list)
        }
    }

    private static func pair(_ text: Substring) -> NamedValue? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let name = parts[0].trimmingCharacters(in: .whitespaces)
        // A name is a token of HTTP (RFC 9110, section 5.6.2): JSON and tokens are none.
        guard !name.isEmpty,
            name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) })
        else { return nil }
        return NamedValue(name: name, value: parts[1].trimmingCharacters(in: .whitespaces))
    }
}

/// Netscape's `cookies.txt`, as `curl`, `wget` and browser extensions write it: a cookie a line, in seven fields
/// with tabs between them.
enum CookiesText {
    static let name = "cookies.txt"
    private static let headSize = 1 << 20

    static func isOne(_ text: String) -> Bool {
        // One line of a cookie has a few kilobytes; a text of one line has any number.
        let head = TextLines(String(decoding: text.utf8.prefix(headSize), as: UTF8.self))
        let lines = Array(head.lazy.filter { !$0.isEmpty }.prefix(64))
        guard let first = lines.first else { return false }
        return first.prefixMatch(of: /# (?:Netscape )?HTTP Cookie File/) != nil || lines.contains { fields($0) != nil }
    }

    static func read(_ text: String, now: Date) -> FoundTokens {
        var list = FindingList()
        for (index, line) in TextLines(text).enumerated() {
            guard let fields = fields(line) else { continue }
            let cookie = NamedValue(name: String(fields[5]), value: String(fields[6]))
            cookie.find(at: "line \(index + 1), cookie \(cookie.shown)", now: now, into: &list)
        }
        return list.found(in: name)
    }

    /// `nil` where the line holds no cookie.
    private static func fields(_ line: Substring) -> [Substring]? {
        var line = line
        if line.hasPrefix("#HttpOnly_") { line = line.dropFirst(10) }
        guard !line.hasPrefix("#") else { return nil }
        let fields = line.split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false)
        let flags: Set<Substring> = ["TRUE", "FALSE"]
        return fields.count == 7 && flags.contains(fields[1]) && flags.contains(fields[3]) ? fields : nil
    }
}

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
