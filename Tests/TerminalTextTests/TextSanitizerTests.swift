import TerminalText
import Testing
import VisitorSessions

@Suite("Untrusted text")
struct TextSanitizerTests {
    @Test(
        "Harmful characters are replaced with a mark",
        arguments: [
            ("\u{1B}[31mred", "�[31mred"), ("\u{1B}]0;title\u{7}", "�]0;title�"), ("\u{9B}31m", "�31m"),
            ("\u{1B}]52;c;ZXZpbA==\u{7}", "�]52;c;ZXZpbA==�"), ("\u{1B}]8;;http://x\u{1B}\\y", "�]8;;http://x�\\y"),
            ("\u{1B}P1;2q\u{1B}\\", "�P1;2q�\\"), (String(decoding: [0x61, 0xFF, 0xC3], as: UTF8.self), "a��"),
            ("a\u{202E}b", "a�b"), ("a\u{2066}b\u{2069}", "a�b�"), ("\u{90}dcs\u{9C}", "�dcs�"), ("nul\u{0}", "nul�"),
            ("a\nb\tc\r\nd", "a b c d"), ("a\u{200B}b", "ab"), ("soft\u{AD}hyphen", "softhyphen"),
            ("\u{FEFF}bom", "bom"), ("tag\u{E0041}", "tag�"), ("private \u{E000}", "private �"),
            ("filler\u{115F}", "filler�"), ("filler\u{3164}", "filler�"), ("number\u{600}", "number�"),
        ])
    func harmful(text: String, harmless: String) {
        #expect(TextSanitizer.line(text) == harmless)
    }

    @Test("Ordinary text passes unchanged", arguments: ["Größe", "购物车", "e\u{301}", "📦 sent", "🇩🇪", "שלום", "ｗｉｄｅ"])
    func harmless(text: String) {
        #expect(TextSanitizer.line(text) == text)
    }

    @Test("A letter keeps at most four combining marks")
    func combiningMarks() {
        let pile = "a" + String(repeating: "\u{301}", count: 500)
        #expect(TextSanitizer.line(pile).unicodeScalars.count == 5)
    }

    @Test("No scalar produces harmful output")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for left in TextSanitizer.line("a\(scalar)b").unicodeScalars {
                #expect(!left.isInvisible, "\(value)")
                #expect(!left.properties.isDefaultIgnorableCodePoint && left.properties.generalCategory != .format)
            }
        }
    }

    @Test(
        "Text has the width that terminals use",
        arguments: [
            ("abc", 3), ("Größe", 5), ("购物车", 6), ("e\u{301}", 1), ("📦", 2), ("🇩🇪", 2), ("ｗ", 2), ("䷀", 2), ("│", 1),
            ("हिन्दी", 5),
        ])
    func width(text: String, cells: Int) {
        #expect(DisplayWidth.of(text) == cells)
    }

    @Test("Text that doesn't fit ends in an ellipsis within its width", arguments: 0...12)
    func fit(width: Int) {
        let fitted = DisplayWidth.fit("购物车 cart", to: width)
        #expect(DisplayWidth.of(fitted) <= width)
        #expect(width >= 11 || width == 0 || fitted.hasSuffix("…"))
    }
}
