import CNcurses
import InspectorCore
import Testing

@testable import InspectorTerminal

@Suite("Keys and pastes")
struct KeyDecoderTests {
    private func decoded(_ inputs: [RawInput]) -> [String] {
        var decoder = KeyDecoder()
        return inputs.flatMap { decoder.decode($0) }.map { message in
            switch message {
            case .key(let key): "key \(key.name)"
            case .paste(let text): "paste \(text)"
            default: "?"
            }
        }
    }

    @Test(
        "Characters and keys have the names that people give them",
        arguments: [
            (RawInput.scalar("g"), "g"), (.scalar("ö"), "ö"), (.scalar(" "), "Space"), (.scalar("\r"), "Enter"),
            (.scalar("\n"), "Enter"), (.scalar("\u{1B}"), "Esc"), (.scalar("\t"), "Tab"),
            (.scalar("\u{7F}"), "Backspace"), (.scalar("\u{8}"), "Backspace"), (.scalar("\u{15}"), "^u"),
            (.scalar("\u{1A}"), "^z"), (.scalar("\u{3}"), "^c"), (.key(CN_KEY_UP), "↑"),
            (.key(CN_KEY_PAGE_DOWN), "PgDn"), (.key(CN_KEY_BACK_TAB), "S-Tab"), (.key(CN_KEY_OTHER), "that key"),
        ])
    func keys(input: RawInput, name: String) {
        #expect(decoded([input]) == ["key \(name)"])
    }

    @Test("What stands between the marks of a paste is text, whatever it holds")
    func paste() {
        let text = "dyQ\u{1B}[31m\t".unicodeScalars.map { RawInput.scalar($0) }
        let inputs = [.key(CN_KEY_PASTE_BEGIN)] + text + [.scalar("\r"), .key(CN_KEY_UP), .key(CN_KEY_PASTE_END)]
        #expect(decoded(inputs + [.scalar("j")]) == ["paste dyQ\u{1B}[31m\t\n", "key j"])
    }

    @Test("A paste is kept up to its limit, and the keys behind it work")
    func hugePaste() {
        var decoder = KeyDecoder()
        _ = decoder.decode(.key(CN_KEY_PASTE_BEGIN))
        for _ in 0..<KeyDecoder.pasteLimit + 100 { _ = decoder.decode(.scalar("x")) }
        guard case .paste(let text)? = decoder.decode(.key(CN_KEY_PASTE_END)).first else {
            Issue.record("no paste came")
            return
        }
        #expect(text.utf8.count == KeyDecoder.pasteLimit)
        guard case .key(.character("j"))? = decoder.decode(.scalar("j")).first else {
            Issue.record("the key is lost")
            return
        }
    }

    @Test("The marks of a paste are known though they come in pieces, as over a slow line")
    func marksInPieces() {
        let inputs = "\u{1B}[200~dyQ\u{1B}[201~j".unicodeScalars.map { RawInput.scalar($0) }
        #expect(decoded(inputs) == ["key Esc", "paste dyQ", "key j"])
    }

    @Test("What begins like the mark of a paste and is none is typed text")
    func almostMarks() {
        let inputs = "\u{1B}[20j\u{1B}k".unicodeScalars.map { RawInput.scalar($0) }
        #expect(
            decoded(inputs) == ["key Esc", "key [", "key 2", "key 0", "key j", "key Esc", "key k"])
        #expect(decoded([.scalar("\u{1B}"), .scalar("["), .key(CN_KEY_UP)]) == ["key Esc", "key [", "key ↑"])
    }

    @Test("The end of a paste that never began is no text")
    func strayEnd() {
        #expect(decoded([.key(CN_KEY_PASTE_END)]) == ["key that key"])
    }
}
