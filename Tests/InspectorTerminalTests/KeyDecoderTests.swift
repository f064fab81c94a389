import Foundation
import InspectorCore
import Testing

@testable import InspectorTerminal

@Suite("Keys, pastes and the mouse")
struct KeyDecoderTests {
    /// Decodes `parts`, one read each, followed by a long pause.
    private func decoded(_ parts: [UInt8]..., declared: DeclaredKeys = DeclaredKeys()) -> [String] {
        var decoder = KeyDecoder(declared: declared)
        var messages = parts.flatMap { decoder.decode($0) }
        while let timeout = decoder.timeout { messages += decoder.flush(after: timeout) }
        return messages.map(described)
    }

    private func decoded(_ parts: String...) -> [String] {
        var decoder = KeyDecoder()
        var messages = parts.flatMap { decoder.decode(Array($0.utf8)) }
        while let timeout = decoder.timeout { messages += decoder.flush(after: timeout) }
        return messages.map(described)
    }

    private func described(_ message: Message) -> String {
        switch message {
        case .key(let key): "key \(key.name)"
        case .paste(let text): "paste \(text)"
        case .mouse(let event): "\(event.kind) \(event.position.row),\(event.position.column)"
        case .background(let isLight): "background \(isLight ? "light" : "dark")"
        default: "?"
        }
    }

    @Test(
        "Keys have their usual names on every terminal",
        arguments: [
            ("g", "g"), ("ö", "ö"), ("购", "购"), (" ", "Space"), ("\r", "Enter"), ("\n", "Enter"), ("\u{1B}", "Esc"),
            ("\t", "Tab"), ("\u{7F}", "Backspace"), ("\u{8}", "Backspace"), ("\u{15}", "^u"), ("\u{1A}", "^z"),
            ("\u{3}", "^c"), ("\u{1B}[A", "↑"), ("\u{1B}OA", "↑"), ("\u{1B}[1;2A", "↑"), ("\u{1B}[6~", "PgDn"),
            ("\u{1B}[Z", "S-Tab"), ("\u{1B}[H", "Home"), ("\u{1B}[1~", "Home"), ("\u{1B}OF", "End"),
            ("\u{1B}[3~", "Del"), ("\u{1B}OP", "F1"), ("\u{1B}[15~", "F5"), ("\u{1B}[24;2~", "F12"),
            ("\u{1B}[2~", "that key"), ("\u{1B}g", "Alt-g"), ("\u{1B}ö", "Alt-ö"), ("\u{1B}\u{7F}", "^w"),
            ("\u{1B}\r", "that key"), ("\u{1B}\u{3}", "^c"), ("\u{1B}OM", "Enter"), ("\u{1B}Oj", "*"),
            ("\u{1B}[a", "↑"), ("\u{1B}[[A", "F1"), ("\u{1B}[R", "F3"),
        ])
    func keys(bytes: String, name: String) {
        #expect(decoded(bytes) == ["key \(name)"])
    }

    @Test(
        "The terminal's background is read from its reply, however it is split; other replies are dropped",
        arguments: [
            ("\u{1B}]11;rgb:ffff/ffff/dddd\u{7}", ["background light"]),
            ("\u{1B}]11;rgb:1e/1e/2e\u{1B}\\", ["background dark"]),
            ("\u{1B}]11;rgba:0000/0000/0000/ffff\u{7}", ["background dark"]), ("\u{1B}]10;rgb:ffff/ffff/ffff\u{7}", []),
            ("\u{1B}]11;rgb:ffff\u{7}", []), ("\u{1B}]11;?\u{7}", []), ("\u{1B}P11;rgb:ffff/ffff/ffff\u{1B}\\", []),
        ])
    func background(reply: String, read: [String]) {
        #expect(decoded(reply) == read)
        let bytes = Array(reply.utf8)
        for cut in 2..<bytes.count {
            var decoder = KeyDecoder()
            let messages = decoder.decode(Array(bytes[..<cut])) + decoder.decode(Array(bytes[cut...]))
            #expect(messages.map(described) == read)
        }
    }

    @Test(
        "Keys of the kitty protocol and modifyOtherKeys are decoded",
        arguments: [
            ("27u", "Esc"), ("27;1u", "Esc"), ("13u", "Enter"), ("9u", "Tab"), ("9;2u", "S-Tab"),
            ("127u", "Backspace"), ("127;3u", "^w"), ("99;5u", "^c"), ("99;5:1u", "^c"), ("99;5:2u", "^c"),
            ("99;6u", "^c"), ("1089::99;5u", "^c"), ("105;5u", "Tab"), ("91;5u", "Esc"), ("97u", "a"),
            ("97;2u", "A"), ("97:65;2u", "A"), ("97;65u", "A"), ("97;66u", "a"), ("97;129u", "a"), ("98;3u", "Alt-b"),
            ("59:58;2u", ":"), ("59;2u", "that key"), ("97;9u", "that key"), ("0;;229u", "å"), ("246u", "ö"),
            ("57399u", "0"), ("57414u", "Enter"), ("57419u", "↑"), ("57376u", "F13"), ("1;1:1A", "↑"), ("13~", "F3"),
            ("27;5;99~", "^c"), ("27;6;67~", "^c"), ("27;2;65~", "A"), ("27;2;58~", ":"), ("27;5;27~", "Esc"),
            ("27;3;98~", "Alt-b"), ("27;5;9~", "Tab"), ("13;3u", "that key"),
        ])
    func protocolKeys(sequence: String, name: String) {
        #expect(decoded("\u{1B}[\(sequence)") == ["key \(name)"])
    }

    @Test(
        "Key releases and lone modifiers are ignored",
        arguments: ["99;5:3u", "27;1:3u", "1;1:3A", "3;1:3~", "57441u", "57358u", "57447;2u", "57428u", "57350;1u"])
    func noKeys(sequence: String) {
        #expect(decoded("\u{1B}[\(sequence)", "j") == ["key j"])
    }

    @Test("A sequence that arrives byte by byte is one key, and Esc before a letter is two")
    func pieces() {
        #expect(decoded("\u{1B}", "[", "B") == ["key ↓"])
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B]).isEmpty)
        #expect(decoder.flush().map(described) == ["key Esc"])
        #expect(decoder.decode(Array("j".utf8)).map(described) == ["key j"])
    }

    @Test("Esc waits for ESCDELAY")
    func escapeDelay() {
        var decoder = KeyDecoder(escapeDelay: .milliseconds(500))
        #expect(decoder.decode([0x1B]).isEmpty)
        #expect(decoder.flush(after: .milliseconds(499)).isEmpty)
        #expect(decoder.decode(Array("[A".utf8)).map(described) == ["key ↑"])
        #expect(decoder.decode([0x1B]).isEmpty)
        #expect(decoder.flush(after: .milliseconds(500)).map(described) == ["key Esc"])
    }

    // MARK: What is no key

    /// Replies and reports that terminals send.
    static let answers: [(name: String, bytes: [UInt8])] =
        textAnswers.map { ($0.0, Array($0.1.utf8)) } + rawAnswers

    private static let textAnswers: [(String, String)] = [
        ("OSC 10, BEL", "\u{1B}]10;rgb:1e1e/1e1e/2e2e\u{7}"), ("OSC 10, ST", "\u{1B}]10;rgb:1e1e/1e1e/2e2e\u{1B}\\"),
        ("OSC 52", "\u{1B}]52;c;Z2RyZHJ5\u{7}"), ("OSC of UTF-8", "\u{1B}]lÜÄgr\u{1B}\\"),
        ("XTVERSION", "\u{1B}P>|WezTerm 20240203-gr\u{1B}\\"), ("DECRQSS", "\u{1B}P1$r0;1m\u{1B}\\"),
        ("XTGETTCAP", "\u{1B}P1+r544e=787465726d\u{1B}\\"), ("APC", "\u{1B}_Gi=31;OK\u{1B}\\"),
        ("PM", "\u{1B}^grdy\u{1B}\\"), ("SOS", "\u{1B}Xgrdy\u{1B}\\"), ("CPR", "\u{1B}[12;40R"),
        ("CPR that looks like F3", "\u{1B}[1;2R"), ("DECXCPR", "\u{1B}[?12;40R"), ("DA1", "\u{1B}[?62;22c"),
        ("DA2", "\u{1B}[>1;10;0c"), ("DA3", "\u{1B}P!|00000000\u{1B}\\"), ("DECRPM", "\u{1B}[?2026;2$y"),
        ("DSR", "\u{1B}[0n"), ("theme", "\u{1B}[?997;1n"), ("kitty's flags", "\u{1B}[?5u"),
        ("modifyOtherKeys", "\u{1B}[>4;2m"), ("window size", "\u{1B}[8;36;120t"),
        ("XTSMGRAPHICS", "\u{1B}[?1;0;256S"), ("DECREQTPARM", "\u{1B}[3;1;1;112;112;1;0x"),
        ("focus in", "\u{1B}[I"), ("focus out", "\u{1B}[O"), ("release", "\u{1B}[<0;5;3m"),
        ("drag", "\u{1B}[<32;5;3M"), ("urxvt's release", "\u{1B}[35;5;3M"), ("locator", "\u{1B}[1;0;10;20;1&w"),
        ("a stray end of a paste", "\u{1B}[201~"),
    ]

    private static let rawAnswers: [(String, [UInt8])] = [
        ("X10 release", bytes("\u{1B}[M#gr")), ("X10 with a quit", bytes("\u{1B}[M$Qq")),
        ("X10 with ^c and Esc", bytes("\u{1B}[M", 0x23, 0x03, 0x1B)),
        ("X10 of a wide screen", bytes("\u{1B}[M", 0x23, 0xFF, 0x80)),
        ("highlight tracking", bytes("\u{1B}[tgr")), ("its end", bytes("\u{1B}[Tgrdygr")),
        ("8-bit OSC", [0x9D] + bytes("11;grdy", 0x9C)), ("8-bit CSI", [0x9B] + bytes("?62;22c")),
        ("C1 in UTF-8", bytes("\u{9D}11;gr\u{7}")), ("8-bit DCS", [0x90] + bytes(">|gr", 0x9C)),
    ]

    private static func bytes(_ text: String, _ more: UInt8...) -> [UInt8] { Array(text.utf8) + more }

    @Test("Terminal replies and reports never run keys, wherever a read ends", arguments: answers.map(\.name))
    func answer(name: String) throws {
        let bytes = try #require(Self.answers.first { $0.name == name }?.bytes)
        for cut in 0...bytes.count {
            #expect(decoded(Array(bytes[..<cut]), Array(bytes[cut...]) + Array("j".utf8)) == ["key j"], "cut at \(cut)")
        }
        #expect(decoded(byteByByte: bytes + Array("j".utf8)) == ["key j"])
    }

    @Test("Field inputs run no keys, wherever a read ends")
    func field() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            for cut in 0...bytes.count {
                var decoder = KeyDecoder()
                #expect(decoder.decode(Array(bytes[..<cut])).allSatisfy(isReply))
                // An Esc followed by a pause is a key.
                #expect(decoder.flush().map(described) == (cut == 1 ? ["key Esc"] : []))
                #expect(decoder.decode(Array(bytes[cut...])).allSatisfy(isReply))
                #expect(decoder.decode(Array("j".utf8)).map(described) == ["key j"])
            }
            #expect(decoded(byteByByte: bytes).allSatisfy { $0.hasPrefix("background") })
        }
    }

    /// Whether the terminal's background was read, which is no key.
    private func isReply(_ message: Message) -> Bool {
        if case .background = message { true } else { false }
    }

    private func decoded(byteByByte bytes: [UInt8]) -> [String] {
        var decoder = KeyDecoder()
        return bytes.flatMap { decoder.decode([$0]) }.map(described)
    }

    @Test("Incomplete sequences are dropped after a while, and keys work again")
    func cutOff() {
        for (name, bytes) in Self.answers {
            for cut in 2..<bytes.count {
                var decoder = KeyDecoder()
                let first = decoder.decode(Array(bytes[..<cut]))
                #expect(first.isEmpty, "\(name) cut at \(cut)")
                #expect(decoder.flush(after: KeyDecoder.sequencePause).isEmpty, "\(name) cut at \(cut)")
                #expect(decoder.timeout == nil, "\(name) cut at \(cut)")
                #expect(decoder.decode(Array("j".utf8)).map(described) == ["key j"], "\(name) cut at \(cut)")
            }
        }
    }

    @Test("^c and Esc sequences work inside an unterminated string")
    func heardInside() {
        #expect(decoded("\u{1B}]11;grdy", "\u{3}", "j") == ["key ^c", "key j"])
        #expect(decoded("\u{1B}Pgrdy", "\u{1B}[A", "j") == ["key ↑", "key j"])
        #expect(decoded("\u{1B}[1;", "\u{3}") == ["key ^c"])
        #expect(decoded("\u{1B}]grdy\u{1B}[200~text\u{1B}[201~") == ["paste text"])
    }

    @Test("A string of any length is discarded without being stored, and ends after a pause")
    func flood() {
        var decoder = KeyDecoder()
        #expect(decoder.decode(Array("\u{1B}]52;c;".utf8)).isEmpty)
        let block = Array(String(repeating: "grdyQ", count: 1000).utf8)
        for _ in 0..<200 { #expect(decoder.decode(block).isEmpty) }
        #expect(decoder.timeout == KeyDecoder.longStringPause)
        #expect(decoder.flush(after: KeyDecoder.longStringPause).isEmpty)
        #expect(decoder.decode(Array("j".utf8)).map(described) == ["key j"])
    }

    @Test("Mouse presses are equal in every protocol, with any bytes in X10's")
    func mouse() {
        #expect(decoded("\u{1B}[<0;5;3M", "\u{1B}[<0;5;3m", "\u{1B}[<64;1;1M") == ["press 2,4", "wheelUp 0,0"])
        #expect(decoded("\u{1B}[32;5;3M", "\u{1B}[97;1;1M") == ["press 2,4", "wheelDown 0,0"])
        #expect(decoded("\u{1B}[M %#j") == ["press 2,4", "key j"])
        for first in [0x20, 0x23, 0x60] as [UInt8] {
            for value in UInt8.min...UInt8.max {
                let report = Array("\u{1B}[M".utf8) + [first, value, 0x71, 0x6A]
                #expect(decoded(report).filter { $0.hasPrefix("key") } == ["key j"], "\(first) \(value)")
            }
        }
    }

    @Test("Keys of the terminal's description work, except ones that would expose reports")
    func declared() {
        let declared = DeclaredKeys([
            ("\u{1B}[214z", .home), ("\u{1B}A", .up), ("\u{1}@\r", .function(1)), ("\u{1B}[3$", .delete),
            ("\u{1B}[M", .function(1)), ("\u{8}", .left), ("\u{1B}P", .delete),
        ])
        func decoded(_ text: String) -> [String] { self.decoded(Array(text.utf8), declared: declared) }
        #expect(decoded("\u{1B}[214zj") == ["key Home", "key j"])
        #expect(decoded("\u{1B}Aj") == ["key ↑", "key j"])
        #expect(decoded("\u{1}@\rj") == ["key F1", "key j"])
        #expect(decoded("\u{1}@j") == ["key ^a", "key @", "key j"])
        #expect(decoded("\u{1}") == ["key ^a"])
        #expect(decoded("\u{1B}[3$j") == ["key Del", "key j"])
        #expect(decoded("\u{1B}[Mqqqj") == ["key j"])
        #expect(decoded("\u{8}") == ["key Backspace"])
        #expect(decoded("\u{1B}Pgrdy\u{1B}\\j") == ["key j"])
    }

    // MARK: Pastes

    @Test("Bracketed pastes are text, whatever they contain and however they are split")
    func paste() {
        let bytes = Array("\u{1B}[200~dyQ\u{1B}[31m\t\r\u{1B}[A\u{1B}[20\u{1B}[201~j".utf8)
        for cut in 2..<bytes.count {
            let messages = decoded(Array(bytes[..<cut]), Array(bytes[cut...]))
            #expect(messages == ["paste dyQ\u{1B}[31m\t\n\u{1B}[A\u{1B}[20", "key j"], "cut at \(cut)")
        }
        #expect(decoded(byteByByte: bytes) == ["paste dyQ\u{1B}[31m\t\n\u{1B}[A\u{1B}[20", "key j"])
    }

    @Test("A huge paste is complete up to its limit, and keys after it work")
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

    @Test("^c alone works although the end of a paste is lost; inside a paste it is text")
    func lostPasteEnd() {
        var decoder = KeyDecoder()
        #expect(decoder.decode(Array("\u{1B}[200~dyQ".utf8)).isEmpty)
        #expect(decoder.decode(Array("q".utf8)).isEmpty)
        #expect(decoder.decode([0x03]).isEmpty)
        #expect(decoder.flush(after: KeyDecoder.interruptPause).map(described) == ["key ^c"])
        #expect(decoder.decode(Array("j".utf8)).map(described) == ["key j"])

        #expect(decoded("\u{1B}[200~a", "\u{3}", "\u{3}", "b\u{1B}[201~") == ["paste a\u{3}\u{3}b"])
    }

    @Test("Many characters in one read are a paste, and so is what follows at once")
    func burst() {
        let token = String(repeating: "dyQ.OauthNG", count: 4)
        #expect(decoded(token) == ["paste \(token)"])
        #expect(decoded(token, "dyQ") == ["paste \(token)dyQ"])
        // A read may end inside a character.
        let text = Array((token + "ö").utf8)
        #expect(decoded(Array(text.dropLast()), text.suffix(1)) == ["paste \(token)ö"])
        #expect(decoded("jjj") == ["key j", "key j", "key j"])
        // A held key, and a few hasty ones, on a slow line.
        #expect(decoded(String(repeating: "j", count: 200)).count == 200)
        #expect(decoded(String(repeating: "jk n ", count: 10)).count == 50)
    }

    @Test("Bytes that aren't text are ignored")
    func garbage() {
        #expect(decoded([0xFF, 0x80, 0x6A]) == ["key j"])
        #expect(decoded([0xC3, 0x6A]) == ["key j"])
        #expect(decoded([0xED, 0xA0, 0x80, 0x6A]) == ["key j"])
        #expect(decoded("\u{1B}[201~") == [])
    }
}
