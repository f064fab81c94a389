import Foundation
import VisitorSessions

/// A recording of a browser's requests (HAR 1.2): cookies, `Authorization` header fields, and what the token
/// endpoint was asked and answered.
struct HARFile {
    static let name = "HAR file"

    private let now: Date

    /// Where visitor tokens are sent: what stands in `Authorization` there is one, even where its format says nothing.
    private let tokenHosts: Set<String>
    private var list = FindingList()

    /// Where its entries are (``JSONReader/outline(_:leavingOut:)``).
    static let entries = "log.entries"

    /// `nil` where the document is something else.
    static func read(_ outline: JSONReader.Outline, now: Date) -> FoundTokens? {
        guard outline.has(entries) else { return nil }
        var hosts: Set<String> = ["www.wixapis.com"]
        for entry in outline.elements(entries) {
            if let url = Self.url(entry.value), Self.isTokenEndpoint(url), let host = url.host?.lowercased() {
                hosts.insert(host)
            }
        }
        var file = HARFile(now: now, tokenHosts: hosts)
        for (index, entry) in outline.elements(entries).enumerated() {
            file.find(entry.value, "entry \(index + 1), ")
            guard let fault = entry.fault, entry.value.isNull else { continue }
            file.list.add(problem: UnreadableTokens("It cannot be read: \(fault.reason)."), at: "entry \(index + 1)")
        }
        return file.list.found(in: name)
    }

    private init(now: Date, tokenHosts: Set<String>) {
        self.now = now
        self.tokenHosts = tokenHosts
    }

    private static func url(_ entry: JSONValue) -> URLComponents? {
        entry["request"]?["url"]?.string.flatMap { URLComponents(string: $0) }
    }

    private static func isTokenEndpoint(_ url: URLComponents) -> Bool {
        url.path.hasSuffix("/oauth2/token")
    }

    private mutating func find(_ entry: JSONValue, _ place: String) {
        let date = entry["startedDateTime"]?.string.flatMap(ISO8601Time.date) ?? now
        let request = entry["request"]
        let response = entry["response"]
        for (message, side) in [(request, "request "), (response, "response ")] {
            for cookie in message?["cookies"]?.array ?? [] {
                guard let cookie = NamedValue(cookie) else { continue }
                cookie.find(at: "\(place)\(side)cookie \(cookie.shown)", now: date, into: &list)
            }
            for header in message?["headers"]?.array ?? [] {
                guard let header = NamedValue(header) else { continue }
                find(header, from: Self.url(entry)?.host?.lowercased() ?? "", place + side, date)
            }
        }
        if let answer = Self.json(response?["content"]) {
            let isToken = Self.url(entry).map(Self.isTokenEndpoint) ?? false
            find(answer, asked: Self.fields(request?["postData"]), isToken, place, date)
        }
    }

    private mutating func find(_ header: NamedValue, from host: String, _ place: String, _ date: Date) {
        switch header.name.lowercased() {
        case "cookie", "set-cookie":
            CookieHeader.find("Cookie: " + header.value, in: place, now: date, into: &list)
        case "authorization":
            guard let read = try? BareToken.read("Authorization: " + header.value), let token = read.tokens.accessToken,
                DecodedToken(token.value).format != .opaque || tokenHosts.contains(host)
            else { return }  // Somebody else's key, or a password.
            list.add(read, at: "\(place)Authorization header")
        default: break
        }
    }

    /// What the token endpoint answered. A renewal says which refresh token it replaced, or that it stays.
    private mutating func find(
        _ answer: JSONValue, asked: RequestedFields, _ isTokenEndpoint: Bool, _ place: String, _ date: Date
    ) {
        let access = answer["access_token"]?.string
        guard access != nil, isTokenEndpoint || access?.hasPrefix("OauthNG.JWS.") ?? false else { return }
        do {
            guard var read = try EndpointTokens.read(answer, now: date) else { return }
            if let old = asked.refreshToken {
                if let new = read.tokens.refreshToken {
                    list.replace(old.value, by: new.value)
                } else {
                    read.keep(old)
                }
            }
            read.clientID = asked.clientID
            list.add(read, at: place + "response")
        } catch {
            list.add(problem: error, at: place + "response")
        }
    }

    private struct RequestedFields {
        var clientID: String?
        var refreshToken: TokenText?
    }

    private static func fields(_ postData: JSONValue?) -> RequestedFields {
        let json = postData?["text"]?.string.flatMap { try? JSONReader.read($0.utf8) }
        func field(_ names: String...) -> String? {
            if let json { return names.lazy.compactMap { json[$0]?.string }.first }
            let parameters = postData?["params"]?.array ?? []
            return parameters.compactMap(NamedValue.init).first { names.contains($0.name) }?.value
        }
        let refreshToken = field("refreshToken", "refresh_token").flatMap { try? TokenText($0, "") }
        return RequestedFields(
            clientID: field("clientId", "client_id").map { SafeText.shown($0, limit: 128) }, refreshToken: refreshToken)
    }

    private static func json(_ content: JSONValue?) -> JSONValue? {
        guard let text = content?["text"]?.string, text.utf8.count <= StoredShapes.sizeLimit else { return nil }
        if content?["encoding"]?.string == "base64" {
            return Data(base64Encoded: text).flatMap { try? JSONReader.read($0) }
        }
        guard text.utf8.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") else { return nil }
        return try? JSONReader.read(text.utf8)
    }
}
