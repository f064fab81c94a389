public import Foundation

/// An issuer's base URL and its endpoints (Wix documentation).
public struct IssuerURL: Hashable, Sendable {
    public static let wix = IssuerURL(known: "https://www.wixapis.com")

    /// Without a trailing slash.
    public let base: URL

    /// Parses a URL, with or without a path: `https`, or `http` for loopback hosts only. Tokens must not travel in the
    /// clear.
    public init(_ text: String) throws(IssuerURLError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty
        else { throw IssuerURLError("The issuer must be a URL such as https://www.wixapis.com.") }
        guard scheme == "https" || scheme == "http" else {
            throw IssuerURLError("The issuer's URL must start with https://.")
        }
        guard parts.user == nil, parts.password == nil else {
            throw IssuerURLError("The issuer's URL must not contain a user name or password.")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw IssuerURLError("The issuer's URL must not contain a query or fragment (? or #).")
        }
        guard parts.port.map({ (1...65_535).contains($0) }) ?? true else {
            throw IssuerURLError("The port in the issuer's URL must be between 1 and 65535.")
        }
        guard parts.url?.isSafeForTokens ?? true else {
            throw IssuerURLError("The issuer's URL must start with https://; http:// is only allowed for this machine.")
        }
        guard let url = Self.withoutSlashes(parts) else {
            throw IssuerURLError("The issuer must be a URL such as https://www.wixapis.com.")
        }
        base = url
    }

    private init(known text: String) {
        guard let url = URL(string: text) else { preconditionFailure("\(text) is an address") }
        base = url
    }

    /// The host, and the port if there is one (RFC 3986, section 3.2): it tells apart two issuers on one machine.
    public var authority: String {
        [base.host(), base.port.map(String.init)].compactMap(\.self).joined(separator: ":")
    }

    /// The port of an issuer on this machine, which uses HTTP. `nil`: it is on another machine, or uses HTTPS.
    package var localPort: Int? { base.scheme == "http" ? base.port ?? 80 : nil }

    /// Whether `url` has the same origin (RFC 6454, section 4).
    public func hasSameOrigin(as url: URL) -> Bool {
        func origin(_ url: URL) -> [String?] {
            let scheme = url.scheme?.lowercased()
            return [scheme, url.host()?.lowercased(), "\(url.port ?? (scheme == "https" ? 443 : 80))"]
        }
        return origin(base) == origin(url)
    }

    /// The token endpoint.
    public var token: URL { base.appending(path: "oauth2/token") }

    /// The token info endpoint.
    public var tokenInfo: URL { base.appending(path: "oauth2/token-info") }

    private static func withoutSlashes(_ parts: URLComponents) -> URL? {
        var parts = parts
        while parts.path.hasSuffix("/") { parts.path.removeLast() }
        return parts.url
    }

    /// `localhost`, `::1` and 127.0.0.0/8 as four decimal numbers. Names that merely start with these don't count.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127"
            && parts.allSatisfy { part in
                part.count <= 3 && part.allSatisfy { $0.isASCII && $0.isNumber } && (Int(part) ?? 256) < 256
            }
    }
}

extension URL {
    /// Whether tokens may be sent to this URL: over https, or over http to a loopback host.
    package var isSafeForTokens: Bool {
        guard let host = host(), !host.isEmpty else { return false }
        return switch scheme?.lowercased() {
        case "https": true
        case "http": IssuerURL.isLoopback(host)
        default: false
        }
    }
}

extension IssuerURL: CustomStringConvertible {
    public var description: String { base.absoluteString }
}

/// Why a text isn't a valid issuer URL.
public struct IssuerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to write instead, in one sentence. It doesn't repeat the text.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
