import Foundation
import VisitorSessions

/// The value of a `Cookie` header field: `name=value; name=value` (RFC 6265, section 4.2).
enum CookieHeader {
    /// The cookies in a line, with or without the field's name before them. `nil` where it is none.
    static func cookies(_ line: some StringProtocol) -> [NamedValue]? {
        var text = line.trimmingCharacters(in: .whitespaces)
        let isNamed = text.prefixMatch(of: /(?i)(?:set-)?cookie[ \t]*:/)
        if let isNamed { text = String(text[isNamed.range.upperBound...]) }
        let cookies = text.split(separator: ";").compactMap(pair)
        return isNamed != nil || cookies.count == text.split(separator: ";").count && !cookies.isEmpty ? cookies : nil
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
