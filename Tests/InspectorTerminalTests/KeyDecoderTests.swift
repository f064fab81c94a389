import InspectorCore
import Testing

@testable import InspectorTerminal

@Suite("Keys, pastes and the mouse")
struct KeyDecoderTests {
    /// What comes of `parts`, each read at one go, and of the silence behind them.
    private func decoded(_ parts: String...) -> [String] {
        var decoder = KeyDecoder()
        var messages = parts.flatMap { decoder.decode(Array($0.utf8)) }
        messages += decoder.flush()
        return messages.map(described)
    }

    private func described(_ message: Message) -> String {
        switch message {
        case .key(let key): "key \(key.name)"
        case .paste(let text): "paste \(text)"
        case .mouse(let event): "\(event.kind) \(event.place.row),\(event.place.column)"
        default: "?"
        }
    }

    @Test(
        "Characters and keys have the names that people give them, whichever terminal sends them",
        arguments: [
            ("g", "g"), ("ö", "ö"), ("购", "购"), (" ", "Space"), ("\r", "Enter"), ("\n", "Enter"), ("\u{1B}", "Esc"),
            ("\t", "Tab"), ("\u{7F}", "Backspace"), ("\u{8}", "Backspace"), ("\u{15}", "^u"), ("\u{1A}", "^z"),
            ("\u{3}", "^c"), ("\u{1B}[A", "↑"), ("\u{1B}OA", "↑"), ("\u{1B}[1;2A", "↑"), ("\u{1B}[6~", "PgDn"),
            ("\u{1B}[Z", "S-Tab"), ("\u{1B}[H", "Home"), ("\u{1B}[1~", "Home"), ("\u{1B}OF", "End"),
            ("\u{1B}[3~", "Del"), ("\u{1B}OP", "F1"), ("\u{1B}[15~", "F5"), ("\u{1B}[24;2~", "F12"),
            ("\u{1B}[2~", "that key"), ("\u{1B}g", "Alt-g"), ("\u{1B}ö", "Alt-ö"), ("\u{1B}\u{7F}", "^w"),
        ])
    func keys(bytes: String, name: String) {
        #expect(decoded(bytes) == ["key \(name)"])
    }

    @Test("A sequence that comes byte by byte is one key, and an Esc before a letter is two")
    func pieces() {
        #expect(decoded("\u{1B}", "[", "B") == ["key ↓"])
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B]).isEmpty)
        #expect(decoder.flush().map(described) == ["key Esc"])
        #expect(decoder.decode(Array("j".utf8)).map(described) == ["key j"])
    }

    @Test("What stands between the marks of a paste is text, whatever it holds and however it is cut")
    func paste() {
        let bytes = Array("\u{1B}[200~dyQ\u{1B}[31m\t\r\u{1B}[A\u{1B}[201~j".utf8)
        for cut in 1..<bytes.count {
            var decoder = KeyDecoder()
            let messages = decoder.decode(Array(bytes[..<cut])) + decoder.decode(Array(bytes[cut...]))
            guard messages.count == 2, case .paste(let text) = messages[0], case .key(let key) = messages[1] else {
                Issue.record("cut at \(cut): \(messages.count) messages")
                continue
            }
            #expect(text == "dyQ\u{1B}[31m\t\n\u{1B}[A")
            #expect(key == .character("j"))
        }
    }

    @Test("A paste of megabytes comes whole up to its limit, and the keys behind it work")
    func hugePaste() {
        var decoder = KeyDecoder()
        _ = decoder.decode(Array("\u{1B}[200~".utf8))
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
        for _ in 0..<KeyDecoder.pasteLimit / block.count + 2 { #expect(decoder.decode(block).isEmpty) }
        let messages = decoder.decode(Array("\u{1B}[201~j".utf8))
        guard messages.count == 2, case .paste(let text) = messages[0], case .key(.character("j")) = messages[1] else {
            Issue.record("the paste or the key is lost")
            return
        }
        #expect(text.utf8.count == KeyDecoder.pasteLimit)
    }

    @Test("Many characters at one go are a paste, though the terminal does not say so")
    func burst() {
        let token = String(repeating: "dyQ.OauthNG", count: 4)
        #expect(decoded(token) == ["paste \(token)"])
        #expect(decoded("jjj") == ["key j", "key j", "key j"])
        // A key that was held down, and some haste, while a slow line stood still.
        #expect(decoded(String(repeating: "j", count: 200)).count == 200)
        #expect(decoded(String(repeating: "jk n ", count: 10)).count == 50)
    }

    @Test("The mouse says where it was pressed, and releases say nothing")
    func mouse() {
        #expect(decoded("\u{1B}[<0;5;3M", "\u{1B}[<0;5;3m", "\u{1B}[<64;1;1M") == ["press 2,4", "wheelUp 0,0"])
    }

    @Test("Bytes that are no text, and sequences without an end, do not stop what comes behind them")
    func garbage() {
        var decoder = KeyDecoder()
        let messages = decoder.decode([0xFF, 0x80, 0x6A])
        #expect(messages.count >= 2)
        guard case .key(.character("j"))? = messages.last else {
            Issue.record("the key is lost")
            return
        }
        #expect(decoded("\u{1B}[201~") == [])
    }
}
