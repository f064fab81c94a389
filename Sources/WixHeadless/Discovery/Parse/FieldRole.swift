/// What a field is for, by its name. Case, separators and prefixes such as `NEXT_PUBLIC_WIX_` don't matter.
enum FieldRole: Hashable {
    case accessToken, refreshToken
    /// When the access token expires.
    case expiry
    /// How long the access token is valid, in seconds.
    case lifetime
    case clientID
    case role
    /// An `Authorization` header.
    case authorization
    /// A `Cookie` or `Set-Cookie` header.
    case cookies

    /// `nil`: the name says nothing about tokens.
    init?(_ name: String) {
        self.init(letters: Self.letters(name))
    }

    private init?(letters: String) {
        switch letters {
        case "": return nil
        case "authorization": self = .authorization
        case "cookie", "cookies", "setcookie": self = .cookies
        case "expiresin": self = .lifetime
        case "role": self = .role
        case "access": self = .accessToken
        case "refresh": self = .refreshToken
        case _ where letters.hasBytes("expir") || letters == "exp":
            guard !letters.hasBytes("refresh") else { return nil }
            self = letters.hasBytes("expiresin") ? .lifetime : .expiry
        case _ where letters.hasSuffix("clientid"): self = .clientID
        case _ where Self.flags.contains(where: letters.hasPrefix): return nil
        case _ where letters.hasBytes("refreshtoken") || letters.hasSuffix("wixrefresh"): self = .refreshToken
        case _ where letters.hasBytes("accesstoken") || letters.hasSuffix("wixaccess"): self = .accessToken
        default: return nil
        }
    }

    /// Prefixes of names whose values describe a token instead of holding one, such as `hasAccessToken`.
    private static let flags = ["is", "has", "should", "can", "on", "max"]

    /// The name without *access* and *refresh*, which is the same for both tokens of a pair.
    static func stem(_ name: String) -> String {
        letters(name).replacing("access", with: "").replacing("refresh", with: "")
    }

    /// The letters and digits of a name, in lower case. Empty for a name that can't have a role.
    private static func letters(_ name: String) -> String {
        guard (3...128).contains(name.utf8.count) else { return "" }
        var letters: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): letters.append(byte)
            default: break
            }
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
