import Foundation

extension TokenMint {
    /// A token's payload.
    struct Claims: Codable {
        /// In seconds since 1970.
        var iat: Int
        var exp: Int

        /// JSON in a string.
        var data: String

        /// Makes every access token another one, also of one visitor in one second (RFC 7519, section 4.1.7).
        var jti: String?

        /// The visitor and the client of a refresh token.
        var aid: String?
        var clientId: String?

        var issuedAt: Date { Date(timeIntervalSince1970: Double(iat)) }
        var expiresAt: Date { Date(timeIntervalSince1970: Double(exp)) }
    }

    /// What `data` holds in an access token.
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
