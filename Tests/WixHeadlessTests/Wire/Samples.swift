import Foundation
import VisitorSessions

enum Samples {
    static let now = Date(timeIntervalSince1970: 1_715_083_200)
    static let clientID = "9d5e3c4b-1a2f-4b6c-8d7e-0f1a2b3c4d5e"
    static let visitor = "7c9e01ab-aaaa-4bbb-8ccc-0123456789ab"

    /// Issued 2024-05-07 12:00:00 UTC, valid for four hours.
    static let accessToken =
        "OauthNG.JWS."
        + jwt(
            #"{"kid":"k1","alg":"HS256"}"#,
            #"{"data":"{\"instance\":{\"instanceId\":\"i\",\"appDefId\":\"a\",\"signDate\":\"2024-05-07T12:00:00.000Z\",\"permissions\":\"\",\"demoMode\":false,\"siteOwnerId\":\"o\",\"aid\":\"\#(visitor)\",\"metaSiteId\":\"m\",\"expirationDate\":\"2024-05-07T16:00:00.000Z\"}}","iat":1715083200,"exp":1715097600}"#
        )

    static let memberToken =
        "OauthNG.JWS."
        + jwt(
            #"{"alg":"HS256"}"#, #"{"data":"{\"instance\":{\"uid\":\"u\"}}","iat":1715083200,"exp":1715097600}"#)

    /// Valid for 365 days.
    static let refreshToken =
        "JWS."
        + jwt(
            #"{"kid":"k1","alg":"HS256"}"#,
            #"{"data":"\"11111111-2222-4333-8444-555555555555\"","iat":1715083200,"exp":1746619200}"#)

    static func jwt(_ header: String, _ payload: String, signature: String = "c2lnbmF0dXJl") -> String {
        [header, payload].map { base64URL(Data($0.utf8)) }.joined(separator: ".") + "." + signature
    }

    static func base64URL(_ bytes: Data) -> String {
        String(bytes.base64EncodedString().filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
