import Crypto
import Foundation
import VisitorSessions

/// Creates and verifies tokens in Wix's formats, signed with HS256 (RFC 7515).
///
/// A refresh token carries its visitor and client in two claims that Wix's don't have (`aid`, `clientId`), so that an
/// issuer without stored state can redeem it.
struct TokenMint: Sendable {
    static let siteID = "b1a5c0de-0000-4000-8000-00000000517e"
    static let instanceID = "b1a5c0de-0000-4000-8000-0000000015ce"
    private static let ownerID = "b1a5c0de-0000-4000-8000-0000000000e5"

    private static let accessPrefix = "OauthNG.JWS."
    private static let refreshPrefix = "JWS."

    /// In whole seconds.
    let accessLifetime: Int
    let refreshLifetime: Int
    private let key: SymmetricKey
    private let header: String

    /// - Parameters:
    ///   - accessLifetime: Rounded down to whole seconds, at least one.
    ///   - refreshLifetime: Rounded down to whole seconds, at least one.
    init(key: SymmetricKey, accessLifetime: Duration, refreshLifetime: Duration) {
        self.key = key
        self.accessLifetime = max(1, Int(accessLifetime.components.seconds))
        self.refreshLifetime = max(1, Int(refreshLifetime.components.seconds))
        let digest = key.withUnsafeBytes { SHA256.hash(data: $0) }
        header = Data(#"{"kid":"\#(digest.prefix(4).hexadecimal)","alg":"HS256"}"#.utf8).base64URL
    }

    func accessToken(for visitor: Visitor, at now: Date) -> String {
        let issuedAt = Int(now.timeIntervalSince1970)
        let data = AccessData(
            instance: .init(
                instanceId: Self.instanceID, appDefId: visitor.clientGUID, signDate: Self.time(issuedAt),
                siteOwnerId: Self.ownerID, aid: visitor.guid, metaSiteId: Self.siteID,
                expirationDate: Self.time(issuedAt + accessLifetime)))
        let claims = Claims(
            iat: issuedAt, exp: issuedAt + accessLifetime, data: Self.json(data), jti: UUID().uuidString.lowercased())
        return Self.accessPrefix + signed(claims)
    }

    func refreshToken(for visitor: Visitor, at now: Date, id: UUID = UUID()) -> String {
        let issuedAt = Int(now.timeIntervalSince1970)
        let claims = Claims(
            iat: issuedAt, exp: issuedAt + refreshLifetime, data: "\"\(id.uuidString.lowercased())\"",
            aid: visitor.guid, clientId: visitor.clientGUID)
        return Self.refreshPrefix + signed(claims)
    }

    /// Verifies an access token, which may have expired. `nil`: it isn't an access token signed with this key.
    func openAccessToken(_ token: String) -> MintedToken? {
        guard let claims = verified(token, Self.accessPrefix),
            let data = try? JSONDecoder().decode(AccessData.self, from: Data(claims.data.utf8)),
            let id = UUID(uuidString: data.instance.aid), let clientID = UUID(uuidString: data.instance.appDefId)
        else { return nil }
        return MintedToken(
            id: id, visitor: Visitor(id: id, clientID: clientID), issuedAt: claims.issuedAt,
            expiresAt: claims.expiresAt)
    }

    /// Verifies a refresh token, which may have expired. `nil`: it isn't a refresh token signed with this key.
    func openRefreshToken(_ token: String) -> MintedToken? {
        guard let claims = verified(token, Self.refreshPrefix),
            let id = UUID(uuidString: claims.data.filter { $0 != "\"" }),
            let visitor = claims.aid.flatMap(UUID.init(uuidString:)),
            let clientID = claims.clientId.flatMap(UUID.init(uuidString:))
        else { return nil }
        return MintedToken(
            id: id, visitor: Visitor(id: visitor, clientID: clientID), issuedAt: claims.issuedAt,
            expiresAt: claims.expiresAt)
    }

    private func signed(_ claims: Claims) -> String {
        let text = header + "." + Data(Self.json(claims).utf8).base64URL
        let signature = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
        return text + "." + Data(signature).base64URL
    }

    private func verified(_ token: String, _ prefix: String) -> Claims? {
        guard token.hasPrefix(prefix) else { return nil }
        let parts = token.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Data(base64URL: parts[1]), let signature = Data(base64URL: parts[2]),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Data("\(parts[0]).\(parts[1])".utf8), using: key)
        else { return nil }
        return try? JSONDecoder().decode(Claims.self, from: payload)
    }

    private static func time(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

extension TokenMint {
    /// A token's payload.
    struct Claims: Codable {
        /// In seconds since 1970.
        var iat: Int
        var exp: Int

        /// JSON in a string.
        var data: String

        /// Makes access tokens unique, even those issued to one visitor within a second (RFC 7519, section 4.1.7).
        var jti: String?

        /// The visitor and the client of a refresh token.
        var aid: String?
        var clientId: String?

        var issuedAt: Date { Date(timeIntervalSince1970: Double(iat)) }
        var expiresAt: Date { Date(timeIntervalSince1970: Double(exp)) }
    }

    /// The contents of `data` in an access token.
    struct AccessData: Codable {
        struct Instance: Codable {
            var instanceId: String
            var appDefId: String
            var signDate: String
            var permissions = ""
            var demoMode = false
            var siteOwnerId: String
            var aid: String
            var metaSiteId: String
            var expirationDate: String
        }

        var instance: Instance
    }
}

/// The verified contents of a token.
struct MintedToken: Hashable, Sendable {
    /// A refresh token's own ID; for an access token, its visitor's.
    var id: UUID
    var visitor: Visitor

    /// In whole seconds.
    var issuedAt: Date
    var expiresAt: Date
}

struct Visitor: Hashable, Sendable {
    var id: UUID
    var clientID: UUID

    /// Lowercase, as Wix writes GUIDs.
    var guid: String { id.uuidString.lowercased() }
    var clientGUID: String { clientID.uuidString.lowercased() }
}
