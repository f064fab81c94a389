import Foundation
public import VisitorSessions

/// The pair as the JavaScript SDK stores it, in cookies and elsewhere; early SDKs left the role out:
/// `{"accessToken":{"value","expiresAt"},"refreshToken":{"value","role"}}`.
public enum SDKTokens: StoredShape {
    static let members = ["accessToken", "refreshToken"]
    static let paths = ShapePaths(
        access: "accessToken.value", refresh: "refreshToken.value", expiry: "accessToken.expiresAt",
        role: "refreshToken.role")

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        var read = try read(json, prefix: "", shape: "SDK tokens")
        let hasRole = json["refreshToken"]?["role"] != nil || read?.tokens.refreshToken == nil
        if !hasRole { read?.shape = "SDK tokens without a role" }
        return read
    }

    /// - Parameter prefix: The path of `json`, for messages.
    static func read(
        _ json: JSONValue, prefix: String, shape: String, clientID: String? = nil
    ) throws(UnreadableTokens) -> ReadTokens? {
        let access = try json.unique("accessToken")
        let refresh = try json.unique("refreshToken")
        guard access?.isObject ?? false || refresh?.isObject ?? false else { return nil }
        let slots = TokenSlots(
            access: try slot(access, "\(prefix)accessToken"), refresh: try slot(refresh, "\(prefix)refreshToken"),
            expiry: .init(access?["expiresAt"], "\(prefix)accessToken.expiresAt"), role: refresh?["role"],
            emptyMessage: "This is the SDK's initial value; it contains no tokens yet.")
        return try ReadTokens(slots, shape: shape, clientID: clientID)
    }

    /// The slot for one half of the pair, which is an object or a bare value.
    private static func slot(_ half: JSONValue?, _ name: String) throws(UnreadableTokens) -> TokenSlots.Slot {
        guard let half, half.isObject else { return TokenSlots.Slot(value: half, name: name) }
        return TokenSlots.Slot(value: try half.unique("value"), name: name + ".value")
    }

    /// The pair in the SDK's shape, on one line. Its expiry is in whole seconds, and 0 if unknown; a missing token is
    /// empty, and the role is `none` without a refresh token.
    public static func json(_ tokens: Tokens) -> Secret {
        Secret(value(tokens).text)
    }

    /// The same JSON, as part of a larger document. Encoding it reveals the tokens.
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
    static let members = ["tokens"]
    static let paths = SDKTokens.paths.below("tokens")

    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens? {
        guard let inner = json["tokens"], inner.isObject else { return nil }
        let clientID = (json["clientId"] ?? json["clientID"])?.string.flatMap(ClientID.read)
        return try SDKTokens.read(
            inner, prefix: "tokens.", shape: clientID == nil ? "SDK tokens" : "SDK tokens with client ID",
            clientID: clientID)
    }
}
