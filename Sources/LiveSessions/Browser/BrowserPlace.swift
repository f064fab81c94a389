import Foundation
package import VisitorSessions
import WixHeadless

/// A cookie or local storage item, as it was read.
struct BrowserPlace: Hashable {
    enum Location: Hashable {
        /// A cookie, as DevTools reports it, without its value.
        case cookie(JSONValue)
        case item(origin: String, key: String)
    }

    var location: Location
    var text: String

    var name: String {
        switch location {
        case .cookie(let cookie): cookie["name"]?.string ?? ""
        case .item(_, let key): key
        }
    }

    /// Equal for two readings of the same cookie or item.
    var identity: [String?] {
        switch location {
        case .cookie(let cookie):
            ["cookie"] + ["name", "domain", "path"].map { cookie[$0]?.string } + [cookie["partitionKey"]?.text]
        case .item(let origin, let key): ["item", origin, key]
        }
    }

    /// Whether pages of the origin can read it.
    func isUsed(by origin: String) -> Bool {
        switch location {
        case .cookie(let cookie): Self.isSite(cookie["domain"]?.string ?? "", of: origin)
        case .item(let own, _): own == origin
        }
    }

    /// Whether pages of the origin get the domain's cookies (RFC 6265, section 5.1.3).
    static func isSite(_ domain: String, of origin: String) -> Bool {
        let host = URLComponents(string: origin)?.encodedHost ?? ""
        return host == domain || (domain.hasPrefix(".") && ".\(host)".hasSuffix(domain))
    }
}

extension BrowserPlace {
    /// A remembered place. `nil`: its attributes can't be read.
    init?(_ place: TokenPlace, text: String, now: Date) {
        self.text = text
        switch place.kind {
        case .local: location = .item(origin: place.origin, key: place.name)
        case .cookie:
            guard let cookie = try? JSONReader.read(place.attributes.utf8), var members = cookie.members else {
                return nil
            }
            // An expired persistent cookie becomes a session cookie.
            if let expires = cookie["expires"]?.double, expires < now.timeIntervalSince1970 {
                members.removeAll { $0.name == "expires" }
            }
            location = .cookie(.object(members))
        }
    }

    func remembered(for origin: String, form: String) -> TokenPlace {
        switch location {
        case .cookie(let cookie):
            TokenPlace(origin: origin, kind: .cookie, name: name, attributes: cookie.text, form: form)
        case .item: TokenPlace(origin: origin, kind: .local, name: name, attributes: "", form: form)
        }
    }
}

/// Cookies as DevTools represents them (`Network.Cookie`, `Network.CookieParam`).
enum BrowserCookie {
    private static let kept = [
        "name", "path", "secure", "httpOnly", "sameSite", "priority", "sourceScheme", "sourcePort", "partitionKey",
    ]

    /// The places of reported cookies. A long value that is split into cookies `name.0`, `name.1`, … counts as one place.
    static func places(_ cookies: [JSONValue]) -> [BrowserPlace] {
        let places = cookies.compactMap(place)
        let chunks = Dictionary(grouping: places.filter { $0.chunk != nil }) { $0.chunk?.whole ?? [] }
        let joined = chunks.values.compactMap(joined)
        let isJoined = Set(joined.map(\.identity))
        return places.filter { $0.chunk.map { !isJoined.contains($0.whole) } ?? true } + joined
    }

    private static func place(_ cookie: JSONValue) -> BrowserPlace? {
        guard let text = cookie["value"]?.string, let members = cookie.members, cookie["name"] != nil else {
            return nil
        }
        let rest = members.filter { $0.name != "value" && $0.name != "size" }
        return BrowserPlace(location: .cookie(.object(rest)), text: text)
    }

    /// `nil`: a chunk is missing.
    private static func joined(_ chunks: [BrowserPlace]) -> BrowserPlace? {
        let chunks = chunks.sorted { ($0.chunk?.number ?? 0) < ($1.chunk?.number ?? 0) }
        guard chunks.map({ $0.chunk?.number }) == Array(0..<chunks.count), let first = chunks.first,
            let name = first.chunk?.whole[1], case .cookie(let cookie) = first.location
        else { return nil }
        let size = chunks.count > 1 ? first.text.utf8.count : max(first.text.utf8.count, usualChunkSize)
        let members: [JSONValue.Member] = [
            .init(name: "name", value: .string(name)),
            .init(name: "chunks", value: .number("\(chunks.count)")),
            .init(name: "chunkSize", value: .number("\(size)")),
        ]
        let rest = (cookie.members ?? []).filter { $0.name != "name" }
        return BrowserPlace(location: .cookie(.object(rest + members)), text: chunks.map(\.text).joined())
    }

    /// The size at which libraries split cookies. Browsers limit a cookie to 4096 bytes, attributes included.
    private static let usualChunkSize = 3180

    /// The cookies of a place, each with its part of the text.
    static func parts(of cookie: JSONValue, holding text: String) -> [(cookie: JSONValue, text: String)] {
        guard let size = cookie["chunkSize"]?.int, size > 0 else { return [(cookie, text)] }
        let bytes = Array(text.utf8)
        return stride(from: 0, to: max(bytes.count, 1), by: size).enumerated().map { number, start in
            let part = bytes[start..<min(start + size, bytes.count)]
            return (chunk(number, of: cookie), String(decoding: part, as: UTF8.self))
        }
    }

    /// The cookies of a place as it was read.
    static func parts(of cookie: JSONValue) -> [JSONValue] {
        guard let count = cookie["chunks"]?.int else { return [cookie] }
        // No browser keeps more cookies for a site.
        return (0..<min(max(count, 0), 200)).map { chunk($0, of: cookie) }
    }

    private static func chunk(_ number: Int, of cookie: JSONValue) -> JSONValue {
        let members = (cookie.members ?? []).map { member in
            member.name == "name"
                ? JSONValue.Member(name: "name", value: .string("\(member.value.string ?? "").\(number)")) : member
        }
        return .object(members)
    }

    /// The parameters that set a reported cookie to another value and keep its attributes.
    static func setting(_ cookie: JSONValue, to value: String) -> JSONValue {
        var members = (cookie.members ?? []).filter { kept.contains($0.name) }
        members.append(.init(name: "value", value: .string(value)))
        if cookie["session"] != true, let expires = cookie["expires"] {
            members.append(.init(name: "expires", value: expires))
        }
        return .object(members + scope(cookie))
    }

    /// The parameters that delete a reported cookie.
    static func deleting(_ cookie: JSONValue) -> JSONValue {
        let members = (cookie.members ?? []).filter { ["name", "path", "partitionKey"].contains($0.name) }
        return .object(members + scope(cookie))
    }

    /// A new cookie for the origin's host, without its subdomains.
    static func fresh(_ name: String, origin: String) -> JSONValue {
        let isSecure = origin.hasPrefix("https:")
        let host = URLComponents(string: origin)?.encodedHost ?? ""
        return [
            "name": .string(name), "domain": .string(host), "path": "/", "secure": .bool(isSecure), "session": true,
            "sameSite": "Lax", "sourceScheme": .string(isSecure ? "Secure" : "NonSecure"),
        ]
    }

    /// A host-only cookie is identified by a URL, because a domain would include all its subdomains.
    private static func scope(_ cookie: JSONValue) -> [JSONValue.Member] {
        let domain = cookie["domain"]?.string ?? ""
        guard !domain.hasPrefix(".") else { return [.init(name: "domain", value: .string(domain))] }
        let isSecure = cookie["secure"] == true || cookie["sourceScheme"] == "Secure"
        let url = "\(isSecure ? "https" : "http")://\(domain)\(cookie["path"]?.string ?? "/")"
        return [.init(name: "url", value: .string(url))]
    }
}

extension BrowserPlace {
    /// If its name ends with a number after a dot: that number, and the identity of the cookie that it is a chunk of.
    fileprivate var chunk: (whole: [String?], number: Int)? {
        guard case .cookie = location, let match = name.wholeMatch(of: /(.+)\.([0-9]{1,2})/), let number = Int(match.2)
        else { return nil }
        var whole = identity
        whole[1] = String(match.1)
        return (whole, number)
    }
}

extension BrowserRecorder {
    /// The visitor that the browser acts as, from a stored session.
    package struct Visitor: Sendable {
        let session: SessionID
        let tokens: Tokens

        /// Where the application keeps tokens. `nil`: learned by first letting the application create a visitor of its
        /// own.
        let place: PlaceName?

        package init(session: SessionID, tokens: Tokens, place: PlaceName?) {
            (self.session, self.tokens, self.place) = (session, tokens, place)
        }
    }

    /// A place that the user specifies.
    package enum PlaceName: Hashable, Sendable {
        case cookie(String)
        case item(String)

        var isCookie: Bool {
            if case .cookie = self { true } else { false }
        }

        func location(in origin: String) -> BrowserPlace.Location {
            switch self {
            case .cookie(let name): .cookie(BrowserCookie.fresh(name, origin: origin))
            case .item(let key): .item(origin: origin, key: key)
            }
        }
    }
}
