/// Text on its way into and out of columns.
///
/// PostgreSQL's text cannot hold U+0000, and labels are anybody's text: so U+0000 is stored as U+0001 twice, and U+0001
/// as U+0001 and U+0002, which keeps the order of texts.
enum ColumnText {
    private static let mark: Unicode.Scalar = "\u{1}"

    static func encoded(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value <= 1 }) else { return text }
        var encoded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0: encoded.append(contentsOf: [mark, mark])
            case 1: encoded.append(contentsOf: [mark, "\u{2}"])
            default: encoded.append(scalar)
            }
        }
        return String(encoded)
    }

    static func decoded(_ text: String) -> String {
        guard text.unicodeScalars.contains(mark) else { return text }
        var decoded = String.UnicodeScalarView()
        var isMarked = false
        for scalar in text.unicodeScalars {
            if isMarked {
                decoded.append(scalar == mark ? "\u{0}" : mark)
                isMarked = false
            } else if scalar == mark {
                isMarked = true
            } else {
                decoded.append(scalar)
            }
        }
        return String(decoded)
    }
}
