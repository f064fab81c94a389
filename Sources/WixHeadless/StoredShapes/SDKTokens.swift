import Foundation
public import VisitorSessions

/// The pair as the JavaScript SDK has it, in cookies and elsewhere; early SDKs left the role out:
/// `{"accessToken":{"value","expiresAt"},"refreshToken":{"value","role"}}`.
public enum SDKTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard let tokens = try tokens(json, prefix: "") else { return nil }
        let hasRole = json["refreshToken"]?["role"] != nil || tokens.tokens.refreshToken == nil
        return ReadTokens(
            tokens: tokens.tokens, shape: hasRole ? "SDK tokens" : "SDK tokens without role", expiryUnit: tokens.unit)
    }

    /// - Parameter prefix: The path to `json`, for what is said of it.
    static func tokens(
        _ json: JSONValue, prefix: String
    ) throws(UnreadableTokens) -> (tokens: Tokens, unit: ExpiryUnit)? {
        let access = json["accessToken"]
        let refresh = json["refreshToken"]
        guard access?.isObject ?? false || refresh?.isObject ?? false else { return nil }
        for (half, name) in [(access, "accessToken"), (refresh, "refreshToken")] {
            if let half, !half.isNull, !half.isObject {
                throw UnreadableTokens("\(prefix)\(name) is not an object with a value.")
            }
        }
        let accessValue = try TokenField.token(access?["value"], "\(prefix)accessToken.value")
        let expiry = try TokenField.expiry(access?["expiresAt"], "\(prefix)accessToken.expiresAt")
        let refreshValue = try TokenField.token(refresh?["value"], "\(prefix)refreshToken.value")
        let role = try TokenField.role(refresh?["role"], "\(prefix)refreshToken.role")
        let tokens = try TokenField.tokens(
            access: accessValue, expiresAt: expiry.date, refresh: refreshValue, role: role,
            emptiness: "This is the SDK's empty pair: it has no tokens yet.")
        return (tokens, accessValue == nil ? .none : expiry.unit)
    }

    /// The pair in the SDK's shape, in one line. Its expiry is in whole seconds, and 0 where it is not known; a
    /// token that is not there is empty, and the role is `none` where there is no refresh token.
    public static func json(_ tokens: Tokens) -> Secret {
        Secret(value(tokens).text)
    }

    /// The same as a part of a larger document. Whoever encodes it answers for where the tokens go.
    public static func document(_ tokens: Tokens) -> some Encodable {
        value(tokens)
    }

    static func value(_ tokens: Tokens) -> JSONValue {
        let access = tokens.accessToken
        let refresh = tokens.refreshToken
        let seconds = access?.expiresAt.flatMap { Int(exactly: $0.timeIntervalSince1970.rounded(.down)) } ?? 0
        return .object([
            .init(
                name: "accessToken",
                value: .object([
                    .init(name: "value", value: .string(access?.value.reveal() ?? "")),
                    .init(name: "expiresAt", value: .number(String(seconds))),
                ])),
            .init(
                name: "refreshToken",
                value: .object([
                    .init(name: "value", value: .string(refresh?.value.reveal() ?? "")),
                    .init(name: "role", value: .string((refresh?.role ?? .none).rawValue)),
                ])),
        ])
    }
}
