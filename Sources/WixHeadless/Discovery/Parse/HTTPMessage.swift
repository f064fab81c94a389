import Foundation

/// The text of HTTP requests and responses, as mitmproxy, Charles, Proxyman and Safari copy them: header lines, an
/// empty line and the body.
enum HTTPMessage: TextParser {
    static let name = "HTTP message"

    static func fields(_ text: String) -> [Field]? {
        var fields: [Field] = []
        var body: [Substring] = []
        var (headers, isBody, hasStart) = (0, false, false)
        for line in TextLines(text) {
            if isStartLine(line) {
                (hasStart, isBody) = (true, false)
                add(body, to: &fields)
                body = []
            } else if isBody {
                body.append(line)
            } else if line.allSatisfy(\.isWhitespace) {
                isBody = headers > 0
            } else if let field = field(line) {
                headers += 1
                fields.append(field)
            } else {
                guard hasStart else { return nil }
                isBody = true
                body.append(line)
            }
        }
        // Without a start line, only headers that may hold tokens distinguish it from other lines with colons.
        let roles = fields.compactMap { FieldRole($0.name) }
        guard headers > 0, hasStart || roles.contains(.authorization) || roles.contains(.cookies) else { return nil }
        guard hasStart || text.hasLineBreak else { return nil }
        add(body, to: &fields)
        return fields
    }

    /// The header in a line: `Authorization: …`. `nil`: the line isn't one.
    static func field(_ line: some StringProtocol) -> Field? {
        let line = line.drop { $0 == " " || $0 == "\t" }
        // A leading colon marks a pseudo-header field of HTTP/2 (RFC 9113, section 8.3).
        let pseudo = line.hasPrefix(":") ? 1 : 0
        let name = line.utf8.dropFirst(pseudo).prefix { $0.isNameByte }
        guard !name.isEmpty, name.count <= 64 else { return nil }
        let rest = line.utf8[name.endIndex...].drop { $0 == 0x20 }
        guard rest.first == UInt8(ascii: ":") else { return nil }
        return Field(
            name: String(decoding: name, as: UTF8.self),
            value: .string(String(decoding: rest.dropFirst(), as: UTF8.self).withoutBlanks), kind: "header")
    }

    private static func add(_ body: [Substring], to fields: inout [Field]) {
        let text = body.joined(separator: "\n")
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        fields.append(Field(name: "body", value: .string(text)))
    }

    /// `GET /path HTTP/1.1`, `HTTP/2 200`, or what a proxy's list shows: `POST https://…`, `<< 200 OK`.
    private static func isStartLine(_ line: Substring) -> Bool {
        let line = line.withoutBlanks
        if line.hasPrefix("HTTP/") || line.hasPrefix("<< ") { return true }
        let words = line.utf8.split(separator: UInt8(ascii: " "), maxSplits: 8).map { Substring($0) }
        guard let method = words.firstIndex(where: { methods.contains($0) }), method <= 4, method + 1 < words.count
        else {
            return false
        }
        return words[method + 1].hasPrefix("/") || words[method + 1].hasPrefix("http")
    }

    private static let methods: Set<Substring> = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
}
