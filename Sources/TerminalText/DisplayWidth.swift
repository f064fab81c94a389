/// How many cells text takes on a terminal.
///
/// For text from ``TextSanitizer``, which removes joiners and variation selectors.
package enum DisplayWidth {
    /// Box-drawing and block characters, one cell wide: frequent enough to skip the table lookup.
    static let boxDrawing: ClosedRange<UInt32> = 0x2500...0x25FC

    package static func of(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 || boxDrawing.contains(scalar.value) { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if (0x1160...0x11FF).contains(scalar.value) { return 0 }  // Vowels and final consonants of a Hangul syllable.
        return isWide(scalar.value) ? 2 : 1
    }

    /// The sum of the widths of the character's scalars, as terminals compute it.
    package static func of(_ character: Character) -> Int {
        character.isASCII ? 1 : max(character.unicodeScalars.reduce(0) { $0 + of($1) }, 1)
    }

    package static func of(_ text: String) -> Int {
        text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + of($1) }
    }

    /// `text`, truncated with an ellipsis to fit `width` cells.
    package static func fit(_ text: String, to width: Int) -> String {
        guard width > 0 else { return "" }
        if text.utf8.count <= width || of(text) <= width { return text }
        var fitted = ""
        var room = width - 1
        for character in text {
            room -= of(character)
            if room < 0 { break }
            fitted.append(character)
        }
        return fitted + "…"
    }

    /// The end of `text`, with a leading ellipsis if it is truncated to fit `width` cells.
    package static func fitEnd(_ text: String, to width: Int) -> String {
        guard width > 0, of(text) > width else { return width > 0 ? text : "" }
        return "…" + suffix(of: text, width: width - 1)
    }

    /// The end of `text` that fits `width` cells.
    package static func suffix(of text: String, width: Int) -> Substring {
        var room = width
        let start = text.reversed().firstIndex { character in
            room -= of(character)
            return room < 0
        }
        return text[(start?.base ?? text.startIndex)...]
    }

    private static func isWide(_ value: UInt32) -> Bool {
        let ranges = WideScalars.ranges
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }
}

extension String {
    /// The text padded to `width` cells with at least one space.
    package func padding(toWidth width: Int) -> String {
        self + String(repeating: " ", count: max(width - DisplayWidth.of(self), 1))
    }
}
