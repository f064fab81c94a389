import Foundation
import VisitorSessions

/// The value of a `Cookie` header field: `name=value; name=value` (RFC 6265, section 4.2).
enum CookieHeader {
    /// No browser sends a longer one, nor a hundredth of it.
    private static let longest = 1 << 20

    /// The cookies in a line, with or without the field's name before them. `nil` where it is none.
    static func cookies(_ line: some StringProtocol) -> [NamedValue]? {
        guard line.utf8.count <= longest else { return nil }
        var text = line.trimmingCharacters(in: .whitespaces)
        let name = text.prefix { $0 != ":" }
        let isNamed =
            name.utf8.count < text.utf8.count
            && ["cookie", "set-cookie"].contains(name.trimmingCharacters(in: .whitespaces).lowercased())
        if isNamed { text = String(text[name.endIndex...].dropFirst()) }
        let parts = text.split(separator: ";")
        let cookies = parts.compactMap(pair)
        return isNamed || cookies.count == parts.count && !cookies.isEmpty ? cookies : nil
    }

    static func find(_ line: some StringProtocol, in place: String, now: Date, into list: inout FindingList) {
        for cookie in cookies(line) ?? [] {
            cookie.find(at: "\(place)cookie \(cookie.shown)", now: now, into: &list)
        }
    }

    private static func pair(_ text: Substring) -> NamedValue? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let name = parts[0].trimmingCharacters(in: .whitespaces)
        // A name is a token of HTTP (RFC 9110, section 5.6.2): JSON and tokens are none.
        guard !name.isEmpty,
            name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) })
        else { return nil }
        return NamedValue(name: name, value: parts[1].trimmingCharacters(in: .whitespaces))
    }
}
