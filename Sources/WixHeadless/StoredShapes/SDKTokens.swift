import Foundation
public import VisitorSessions

/// The pair as the JavaScript SDK has it, in cookies and elsewhere; early SDKs left the role out:
/// `{"accessToken":{"value","expiresAt"},"refreshToken":{"value","role"}}`.
public enum SDKTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        var read = try read(json, prefix: "", shape: "SDK tokens")
        let hasRole = json["refreshToken"]?["role"] != nil || read?.tokens.refreshToken == nil
        if !hasRole { read?.shape = "SDK tokens without role" }
        return read
    }

    /// - Parameter prefix: The path to `json`, for what is said of it.
    static func read(
        _ json: JSONValue, prefix: String, shape: String, clientID: String? = nil
    ) throws(UnreadableTokens) -> ReadTokens? {
        let access = json["accessToken"]
        let refresh = json["refreshToken"]
        guard access?.isObject ?? false || refresh?.isObject ?? false else { return nil }
        let expiry = try TokenField.expiry(access?["expiresAt"], "\(prefix)accessToken.expiresAt")
        let slots = TokenSlots(
            access: try slot(access, "\(prefix)accessToken"), refresh: try slot(refresh, "\(prefix)refreshToken"),
            expiresAt: expiry.date, role: try TokenField.role(refresh?["role"], "\(prefix)refreshToken.role"),
            emptiness: "This is the SDK's empty pair: it has no tokens yet.")
        return try ReadTokens(slots, shape: shape, clientID: clientID, expiryUnit: expiry.unit)
    }

    /// The slot in one half of the pair, or a placeholder that stands in the place of the whole half.
    private static func slot(_ half: JSONValue?, _ name: String) throws(UnreadableTokens) -> TokenSlots.Slot {
        if let half, !half.isNull, !half.isObject {
            let whole = TokenSlots.Slot(value: half, name: name)
            guard whole.isPlaceholder else { throw UnreadableTokens("\(name) is not an object with a value.") }
            return whole
        }
        return TokenSlots.Slot(value: half?["value"], name: name + ".value")
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

/// The SDK's pair beside the client it belongs to, as the Astro and React Native templates keep it:
/// `{"clientId","tokens":{…}}`.
enum ClientTokens: StoredShape {
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard let inner = json["tokens"], inner.isObject else { return nil }
        let clientID = (json["clientId"] ?? json["clientID"])?.string.map { SafeText.shown($0, limit: 128) }
        guard
            let read = try SDKTokens.read(
                inner, prefix: "tokens.", shape: "SDK tokens with client ID", clientID: clientID == "" ? nil : clientID)
        else {
            throw UnreadableTokens("tokens has neither an accessToken nor a refreshToken in the SDK's shape.")
        }
        return read
    }
}
