import InspectorCore

/// A name and a value, the values below each other.
enum FactLine {
    static func text(_ name: String, _ value: String) -> String {
        let padding = String(repeating: " ", count: max(28 - DisplayWidth.of(name), 1))
        return TextSanitizer.line(name) + padding + TextSanitizer.line(value)
    }
}
