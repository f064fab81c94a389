import struct Foundation.Date

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
