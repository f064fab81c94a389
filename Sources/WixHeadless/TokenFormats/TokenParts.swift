/// A signed token taken apart: its format, header and payload (RFC 7515, section 3.1; Wix documentation).
struct TokenParts {
    var format: DecodedToken.Format
    var header: JSONValue
    var payload: JSONValue

    /// `nil` where `token` is too long or in no known format.
    init?(_ token: String) {
        guard token.utf8.count <= DecodedToken.sizeLimit else { return nil }
        // By bytes: characters of a token are nothing else, and take ten times as long.
        var parts = token.utf8.split(separator: UInt8(ascii: "."), maxSplits: 6, omittingEmptySubsequences: false)
            .map(Substring.init)
        if parts.starts(with: ["OauthNG", "JWS"]) {
            format = .wixAccess
            parts.removeFirst(2)
        } else if parts.first == "JWS" {
            format = .wixRefresh
            parts.removeFirst()
        } else {
            format = .jwt
        }
        guard parts.count == 3, let header = Self.object(parts[0]), let payload = Self.object(parts[1]) else {
            return nil
        }
        self.header = header
        self.payload = Self.unpacked(payload)
    }

    private static func object(_ part: Substring) -> JSONValue? {
        guard let bytes = Base64URL.decode(part), let json = try? JSONReader.read(bytes), json.isObject else {
            return nil
        }
        return json
    }

    /// Wix packs `data` as JSON in a string. Where it holds no JSON, the string stays.
    private static func unpacked(_ payload: JSONValue) -> JSONValue {
        guard case .object(var members) = payload else { return payload }
        for index in members.indices where members[index].name == "data" {
            guard case .string(let packed) = members[index].value, let value = try? JSONReader.read(packed.utf8)
            else { continue }
            members[index].value = value
        }
        return .object(members)
    }
}
