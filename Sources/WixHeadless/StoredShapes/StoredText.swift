package import Foundation
package import VisitorSessions

/// Text in which an application keeps tokens, such as a cookie's value, taken apart so that other tokens can be written
/// back in the same form: its encoding, its shape and all unknown members are kept.
package struct StoredText: Hashable, Sendable {
    private enum Content: Hashable, Sendable {
        case json(JSONValue)
        /// A token alone.
        case token
    }

    /// The tokens in the text.
    package let tokens: Tokens
    private let layers: [TextLayer]
    private let content: Content

    /// The default form, for applications without one of their own: the JavaScript SDK's JSON.
    package static func sdk(percentEncoded: Bool) -> StoredText {
        StoredText(
            tokens: sample, layers: percentEncoded ? [.percent(allowed: TextLayer.uriComponent)] : [],
            content: .json(SDKTokens.value(sample)))
    }

    /// Reads text. `nil`: it holds no tokens. Throws if it holds some that can't be replaced.
    ///
    /// - Parameter now: The local time, used to compute an expiry from a lifetime.
    package init?(_ text: String, now: Date) throws(UnreadableTokens) {
        var (text, layers) = (text, [TextLayer]())
        while layers.count < TextLayer.limit, let (inner, layer) = try TextLayer.unwrap(text, in: layers.last) {
            layers.append(layer)
            text = inner
        }
        self.layers = layers
        if let json = try? JSONReader.read(text.utf8), json.string == nil, json.double == nil {
            guard let tokens = json.storedTokens(now: now) else { return nil }
            (self.tokens, content) = (tokens, .json(json))
        } else {
            switch TokenText.Form(text) {
            case .access: tokens = Tokens(accessToken: .reading(Secret(text)))
            case .refresh: tokens = Tokens(refreshToken: .reading(Secret(text)))
            case .other: return nil
            }
            content = .token
        }
    }

    private init(tokens: Tokens, layers: [TextLayer], content: Content) {
        (self.tokens, self.layers, self.content) = (tokens, layers, content)
    }

    /// The same text with other tokens. A place for a token that `new` doesn't have becomes empty.
    package func replacing(with new: Tokens, now: Date) throws(UnreadableTokens) -> Secret {
        let text: String
        switch content {
        case .json(let json):
            guard let replaced = json.replacingStoredTokens(with: new, now: now) else {
                throw UnreadableTokens("The tokens can't be written in the site's format.")
            }
            text = replaced.text
        case .token:
            let token = tokens.accessToken == nil ? new.refreshToken?.value : new.accessToken?.value
            guard let token else {
                throw UnreadableTokens("The session doesn't have the kind of token that is stored there.")
            }
            text = token.reveal()
        }
        return Secret(layers.reversed().reduce(text) { $1.wrap($0) })
    }

    /// Only the form, as text: with sample tokens, and without members that aren't known to belong to the form.
    package func template(now: Date) -> String? {
        var form = self
        if case .json(let json) = content {
            form = StoredText(tokens: tokens, layers: layers, content: .json(json.form))
        }
        return try? form.replacing(with: Self.sample, now: now).reveal()
    }

    private static let sample = Tokens(
        accessToken: AccessToken(Secret("OauthNG.JWS.sample.sample.sample"), expiresAt: nil),
        refreshToken: RefreshToken(Secret("JWS.sample.sample.sample")))
}

/// A reversible encoding that an application applies to text before storing it.
enum TextLayer: Hashable, Sendable {
    static let limit = 8

    /// The ASCII characters that `encodeURIComponent` doesn't encode.
    static let uriComponent = Set("-_.!~*'()0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Percent-encoding of all bytes but those that are allowed.
    case percent(allowed: Set<UInt8>)
    /// A JSON string.
    case quotes
    case prefix(String)
    case base64(isURL: Bool, isPadded: Bool)

    private static let prefixes = ["base64-", "base64:", "b64:", "j:"]

    /// Removes one layer. `nil`: there is none. Throws if the text is signed.
    ///
    /// - Parameter outer: The layer that was removed before.
    static func unwrap(_ text: String, in outer: TextLayer?) throws(UnreadableTokens) -> (
        inner: String, layer: TextLayer
    )? {
        guard text.utf8.first != UInt8(ascii: "{"), text.utf8.first != UInt8(ascii: "[") else {
            if SignedJSONDecoder.decode(text) != nil { throw signed }
            return nil
        }
        if let prefix = prefixes.first(where: text.hasPrefix) {
            return (String(text.dropFirst(prefix.count)), .prefix(prefix))
        }
        if text.hasPrefix("s:"), text.contains(".") { throw signed }
        if text.hasPrefix("\""), case .string(let inner)? = try? JSONReader.read(text.utf8) { return (inner, .quotes) }
        if text.utf8.contains(UInt8(ascii: "%")), let inner = text.removingPercentEncoding {
            let raw = Set(text.utf8).subtracting([UInt8(ascii: "%")])
            return (inner, .percent(allowed: uriComponent.union(raw)))
        }
        return try base64(text, isURL: outer == .prefix("base64-"))
    }

    /// - Parameter isURL: Whether it is base64url unless its characters say otherwise.
    private static func base64(
        _ text: String, isURL: Bool
    ) throws(UnreadableTokens) -> (inner: String, layer: TextLayer)? {
        guard let decoded = Base64JSONDecoder.decode(text) else { return nil }
        guard !text.contains(".") else { throw signed }
        let isURL = text.contains("-") || text.contains("_") || (isURL && !text.contains("+") && !text.contains("/"))
        let isPadded = text.hasSuffix("=") || (text.utf8.count % 4 == 0 && !isURL)
        return (decoded.text, .base64(isURL: isURL, isPadded: isPadded))
    }

    private static let signed = UnreadableTokens(
        "The value is signed, so only the application can change it.")

    func wrap(_ text: String) -> String {
        switch self {
        case .prefix(let prefix): return prefix + text
        case .quotes: return JSONValue.string(text).text
        case .percent(let allowed):
            return text.utf8.reduce(into: "") { result, byte in
                if allowed.contains(byte) {
                    result.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }
        case .base64(let isURL, let isPadded):
            var encoded = Data(text.utf8).base64EncodedString()
            if isURL { encoded = encoded.replacing("+", with: "-").replacing("/", with: "_") }
            return isPadded ? encoded : encoded.replacing("=", with: "")
        }
    }
}

/// Statements for a browser's console that store tokens where a page keeps them.
package enum BrowserScript {
    /// - Parameters:
    ///   - places: The page's places. Each gets a statement.
    ///   - kind: The kind of place to use if `places` is empty: the SDK's JSON, under the name that Wix's templates
    ///     use.
    /// - Returns: `nil`: no place can hold the tokens.
    package static func text(
        setting tokens: Tokens, at places: [TokenPlace], otherwise kind: TokenPlace.Kind, now: Date
    ) -> Secret? {
        guard !tokens.isEmpty else { return nil }
        let usual = TokenPlace(
            origin: "", kind: kind, name: "wix-session", attributes: #"{"path":"/","sameSite":"Lax"}"#,
            form: StoredText.sdk(percentEncoded: kind == .cookie).template(now: now) ?? "")
        let statements = (places.isEmpty ? [usual] : places).compactMap { place -> String? in
            // A place that holds only one kind of token is skipped if there is no token of that kind.
            guard let form = try? StoredText(place.form, now: now),
                let text = try? form.replacing(with: tokens, now: now).reveal()
            else { return nil }
            return switch place.kind {
            case .local: "localStorage.setItem(\(quoted(place.name)), \(quoted(text)));"
            case .cookie: cookie(place, text, now)
            }
        }
        return statements.isEmpty ? nil : Secret(statements.joined(separator: "\n"))
    }

    private static func cookie(_ place: TokenPlace, _ text: String, _ now: Date) -> String {
        let cookie = (try? JSONReader.read(place.attributes.utf8)) ?? .null
        var attributes = "; path=\(cookie["path"]?.string ?? "/")"
        if let domain = cookie["domain"]?.string, domain.hasPrefix(".") { attributes += "; domain=\(domain)" }
        if let sameSite = cookie["sameSite"]?.string { attributes += "; samesite=\(sameSite.lowercased())" }
        if cookie["secure"] == true { attributes += "; secure" }
        if cookie["partitionKey"] != nil { attributes += "; partitioned" }
        let lifetime = cookie["expires"]?.double.map { $0 - now.timeIntervalSince1970 } ?? 0
        let age = cookie["session"] != true && lifetime > 0 ? "; max-age=\(Int(min(lifetime, 1e9)))" : ""
        func statement(_ name: String, _ value: some StringProtocol, _ age: String) -> String {
            "document.cookie = \(quoted("\(name)=\(value)\(attributes)\(age)"));"
        }
        var statements: [String] = []
        // Scripts can't see such a cookie, and can't replace it.
        if cookie["httpOnly"] == true {
            statements.append("// \(place.name.filter { !$0.isNewline }) is HttpOnly: delete it in DevTools first.")
        }
        guard let size = cookie["chunkSize"]?.int, size > 0 else {
            return (statements + [statement(place.name, text, age)]).joined(separator: "\n")
        }
        // A long value is split into cookies name.0, name.1, … Leftover ones would be read too, so they are deleted.
        let bytes = Array(text.utf8)
        let parts = stride(from: 0, to: bytes.count, by: size).map {
            String(decoding: bytes[$0..<min($0 + size, bytes.count)], as: UTF8.self)
        }
        statements += parts.enumerated().map { statement("\(place.name).\($0)", $1, age) }
        // No browser keeps more cookies for a site.
        let old = min(cookie["chunks"]?.int ?? 0, 200)
        statements += (parts.count..<max(old, parts.count)).map { statement("\(place.name).\($0)", "", "; max-age=0") }
        return statements.joined(separator: "\n")
    }

    /// A JavaScript string literal. A JSON string is one, except that older engines treat U+2028 and U+2029 as line breaks.
    private static func quoted(_ text: String) -> String {
        JSONValue.string(text).text.replacing("\u{2028}", with: "\\u2028").replacing("\u{2029}", with: "\\u2029")
    }
}
