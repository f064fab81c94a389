import Foundation
import VisitorSessionsTesting

/// Makes inputs out of fixtures.
struct Mutator {
    let fixtures: [Data]

    /// Pieces of the fixtures' tokens that no message may contain.
    private let secrets: Set<Substring>

    private static let window = 24

    init(fixtures: [Data]) throws {
        self.fixtures = fixtures
        var secrets: Set<Substring> = []
        for fixture in fixtures {
            let text = String(decoding: fixture, as: UTF8.self)
            for match in text.matches(of: /JWS\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/) {
                var rest = match.output
                while rest.count >= Self.window {
                    secrets.insert(rest.prefix(Self.window))
                    rest = rest.dropFirst()
                }
            }
        }
        self.secrets = secrets
    }

    func revealsToken(_ message: String) -> Bool {
        var rest = Substring(message)
        while rest.count >= Self.window {
            if secrets.contains(rest.prefix(Self.window)) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    private static let fragments = [
        "\r\n", "\n", "\t", " ", ":", ";", ",", "=", ".", "\0", "\u{1B}[31m", "{", "}", "[", "]", "(", "\"", "'", "`",
        "\\",
        "\\\"", "\\u0022", "\\054", "%", "%22", "%25", "%7B", "^", "^\"", "&quot;", "j:", "s:", "base64-", "eyJ",
        "JWS.",
        "OauthNG.", "OauthNG.JWS.", "undefined", "null", "[REDACTED]", "${TOKEN}", "Cookie: ", "Set-Cookie: ",
        "curl -H '",
        "Authorization: Bearer ", "wix-session=", "WIX_REFRESH_TOKEN=", "accessToken", "refreshToken", "\"expiresAt\":",
        "1e999", "-1", "GET / HTTP/1.1\r\n", "export ", "> ", "1  ", "…", "é", "\u{202E}", "\u{FEFF}", "\u{200B}", "+",
    ]

    func input(using random: inout SplitMix) -> Data {
        var bytes = Array(fixtures.randomElement(using: &random) ?? Data())
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let length = Int.random(in: 0...min(bytes.count - place, 200), using: &random)
            let range = place..<place + length
            let fragment = Self.fragments.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<11, using: &random) {
            case 0: bytes = Array(bytes.prefix(place))
            case 1: bytes.removeSubrange(range)
            case 2: bytes.insert(contentsOf: bytes[range], at: place)
            case 3, 4: bytes.insert(contentsOf: fragment.utf8, at: place)
            case 5: for index in range { bytes[index] = .random(in: .min ... .max, using: &random) }
            case 6: bytes.insert(contentsOf: fixtures.randomElement(using: &random) ?? Data(), at: place)
            case 7: bytes = wrapped(bytes, width: .random(in: 1...200, using: &random))
            case 8: bytes = encoded(bytes, using: &random)
            case 9:
                let times = Int.random(in: 1...(20_000 / max(fragment.utf8.count, 1)), using: &random)
                bytes.insert(contentsOf: Array(repeatElement(fragment, count: times).joined().utf8), at: place)
            default: bytes.swapAt(min(place, bytes.count - 1), Int.random(in: 0..<max(bytes.count, 1), using: &random))
            }
            if bytes.isEmpty { bytes = Array("JWS.a.b.c".utf8) }
            if bytes.count > 1 << 16 { bytes = Array(bytes.prefix(1 << 16)) }
        }
        return Data(bytes)
    }

    private func wrapped(_ bytes: [UInt8], width: Int) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: width).map { Array(bytes[$0..<min($0 + width, bytes.count)]) }
            .joined(separator: [0x0A]).map { $0 }
    }

    /// Adds a layer that the decoders remove.
    private func encoded(_ bytes: [UInt8], using random: inout SplitMix) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return Array((text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "").utf8)
        case 1: return Array(Data(bytes).base64EncodedString().utf8)
        case 2: return Array(("\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"").utf8)
        case 3: return Array(("'" + text + "'").utf8)
        default: return Array(("wix-session=" + text + "; a=b").utf8)
        }
    }
}
