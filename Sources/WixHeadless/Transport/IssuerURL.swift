public import Foundation

/// The address at which an issuer is found, and below it the addresses of what it does (Wix documentation).
public struct IssuerURL: Hashable, Sendable {
    /// Where Wix gives tokens out.
    public static let wix = IssuerURL(known: "https://www.wixapis.com")

    /// The address without a slash at its end.
    public let base: URL

    /// Reads an address, with or without a path: `https` anywhere, `http` on this machine alone. Tokens must
    /// not travel in the clear.
    public init(_ text: String) throws(IssuerURLError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty
        else { throw IssuerURLError("The issuer must be an address such as https://www.wixapis.com.") }
        guard scheme == "https" || scheme == "http" else {
            throw IssuerURLError("The issuer's address must begin with https://.")
        }
        guard parts.user == nil, parts.password == nil else {
            throw IssuerURLError("The issuer's address must not contain a user name or a password.")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw IssuerURLError("The issuer's address must end with its path: leave out everything from ? or # on.")
        }
        guard parts.port.map({ (1...65_535).contains($0) }) ?? true else {
            throw IssuerURLError("The port in the issuer's address must be from 1 to 65535.")
        }
        guard parts.url?.isSafeForTokens ?? true else {
            throw IssuerURLError("The issuer's address must begin with https://: http:// is for this machine alone.")
        }
        guard let url = Self.withoutSlashes(parts) else {
            throw IssuerURLError("The issuer must be an address such as https://www.wixapis.com.")
        }
        base = url
    }

    private init(known text: String) {
        guard let url = URL(string: text) else { preconditionFailure("\(text) is an address") }
        base = url
    }

    /// Its host, and its port where one is named (RFC 3986, section 3.2): two issuers on one machine differ in nothing else.
    public var authority: String {
        [base.host(), base.port.map(String.init)].compactMap(\.self).joined(separator: ":")
    }

    /// Whether `url` leads to the same server (RFC 6454, section 4).
    public func hasSameOrigin(as url: URL) -> Bool {
        func origin(_ url: URL) -> [String?] {
            let scheme = url.scheme?.lowercased()
            return [scheme, url.host()?.lowercased(), "\(url.port ?? (scheme == "https" ? 443 : 80))"]
        }
        return origin(base) == origin(url)
    }

    /// Where tokens are asked for.
    public var token: URL { base.appending(path: "oauth2/token") }

    /// Where tokens are explained.
    public var tokenInfo: URL { base.appending(path: "oauth2/token-info") }

    private static func withoutSlashes(_ parts: URLComponents) -> URL? {
        var parts = parts
        while parts.path.hasSuffix("/") { parts.path.removeLast() }
        return parts.url
    }

    /// `localhost`, `::1` and 127.0.0.0/8 in its four decimal parts. A name that merely begins so is none.
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
    /// Whether a token may be sent there: over https, or over http to this machine.
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

/// Why a text is no issuer's address.
public struct IssuerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to write instead, in one sentence. It does not repeat the text.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
