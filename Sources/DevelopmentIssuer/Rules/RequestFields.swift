import Foundation

/// The named texts in a request's body: JSON or a form, with names in camelCase or snake_case.
struct RequestFields {
    private let values: [String: String]

    /// `nil` where the body is neither a JSON object nor a form. No body at all has no fields.
    ///
    /// The content type decides; without one, the body's first character does.
    init?(_ body: Data, contentType: String?) {
        let type = contentType?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
        let looksLikeJSON = body.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
        if body.isEmpty {
            values = [:]
        } else if type == "application/x-www-form-urlencoded", !looksLikeJSON {
            values = Self.form(String(decoding: body, as: UTF8.self))
        } else if let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] {
            values = object.reduce(into: [:]) { $0[Self.plain($1.key)] = $1.value as? String }
        } else {
            return nil
        }
    }

    /// The field of this name, given in camelCase. `nil` where it is missing or no text.
    subscript(name: String) -> String? {
        values[Self.plain(name)]
    }

    private static func plain(_ name: String) -> String {
        name.filter { $0 != "_" }.lowercased()
    }

    private static func form(_ text: String) -> [String: String] {
        text.split(separator: "&").reduce(into: [:]) { values, field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(unescaped)
            if let name = parts.first { values[plain(name)] = parts.count > 1 ? parts[1] : "" }
        }
    }

    private static func unescaped(_ text: Substring) -> String {
        let text = String(text.map { $0 == "+" ? " " : $0 })
        return text.removingPercentEncoding ?? text
    }
}
