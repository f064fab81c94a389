import Foundation
import VisitorSessions

extension Field {
    /// Names that are known to hold a visitor's tokens (Wix documentation and templates).
    private static let known: Set<String> = [
        "wix-session", "wix_session", "wixsession", "wix_refreshtoken", "wixrefresh", "wixtokens", "tokens",
    ]
    private static let clientPrefixes = ["wix-visitor-token-", "wix-visitor-"]

    /// Reads a list element that is a named value: a cookie, a header, a variable, or an item of a browser's storage.
    init?(_ json: JSONValue) {
        guard let name = (json["name"] ?? json["key"])?.string, let value = json["value"]?.string else { return nil }
        let domain = (json["domain"] ?? json["host"])?.string
        self.init(
            name: name, value: .string(value), kind: domain != nil || json["httpOnly"] != nil ? "cookie" : "",
            group: domain ?? "")
    }

    /// Whether a visitor's tokens are expected under the name.
    var isExpected: Bool {
        Self.known.contains(name.lowercased()) || clientID != nil
            || (FieldRole(name) != nil && name.lowercased().contains("wix"))
    }

    /// The client ID in the name.
    var clientID: String? {
        guard let prefix = Self.clientPrefixes.first(where: name.hasPrefix) else { return nil }
        return ClientID.read(String(name.dropFirst(prefix.count)))
    }

    /// The name for display, without a client ID, which would look like a token.
    var shownName: String {
        guard clientID == nil else { return (Self.clientPrefixes.first(where: name.hasPrefix) ?? "") + "…" }
        return Self.shown(name)
    }

    /// `text` for display, or an ellipsis if it may be part of a token: if it mixes uppercase and lowercase letters and
    /// digits as base64 does. Camel-case names have fewer capitals.
    static func shown(_ text: String) -> String {
        text.utf8.split { !$0.isTokenByte }.contains(where: isRandom)
            ? "…" : SafeText.shown(text, without: [], limit: 64)
    }

    private static func isRandom(_ word: Substring.UTF8View) -> Bool {
        let lower = word.count { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        let hasCapitals = word.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        return word.count >= 16 && hasCapitals && lower > 0 && (word.count - lower) * 5 > word.count
    }

    /// Where the field is, for display.
    var label: String {
        let line = line.map { "line \($0)" }
        let name = [kind, shownName].filter { !$0.isEmpty }.joined(separator: " ")
        let group = group.isEmpty || name.isEmpty ? "" : " of " + Self.shown(group)
        return [line, name.isEmpty ? nil : name + group].compactMap(\.self).joined(separator: ", ")
    }
}

/// Values that were too long for one cookie, and were split: `session.0`, `session.1`.
enum FieldChunks {
    /// The fields with whole values, and the names of those that lack a chunk.
    static func joined(_ fields: [Field]) -> (fields: [Field], missing: [String]) {
        guard fields.contains(where: { chunk($0) != nil }) else { return (fields, []) }
        var missing: [String] = []
        var chunks: [[String]: [Int: String]] = [:]
        for field in fields {
            guard let (key, number) = chunk(field), let text = field.value.string else { continue }
            chunks[key, default: [:]][number] = text
        }
        let joined = fields.compactMap { field -> Field? in
            guard let (key, number) = chunk(field), let parts = chunks[key] else { return field }
            let numbers = parts.keys.sorted()
            guard numbers == Array(0..<parts.count) else {
                if number == numbers.first, parts.count > 1, parts.values.contains(where: { $0.hasBytes("JWS.") }) {
                    missing.append(Field(name: key[1], value: .null).shownName)
                }
                return field
            }
            guard number == 0, parts.count > 1 else { return number == 0 ? field : nil }
            var whole = field
            whole.name = key[1]
            whole.value = .string(numbers.compactMap { parts[$0] }.joined())
            whole.steps = ["\(parts.count) chunks joined"]
            return whole
        }
        return (joined, missing)
    }

    private static func chunk(_ field: Field) -> (key: [String], number: Int)? {
        guard let dot = field.name.lastIndex(of: "."), dot > field.name.startIndex,
            let number = Int(field.name[dot...].dropFirst()), (0..<64).contains(number)
        else { return nil }
        return ([field.group, String(field.name[..<dot])], number)
    }
}
