import TerminalText
import Testing

@Suite("Tables")
struct TableTests {
    @Test("A table never exceeds its width: columns are truncated, then dropped from the right")
    func narrow() {
        var table = Table(["SESSION", "LABEL", "VISITOR", "ROLE", "STATE", "ACCESS", "REFRESH", "RENEWED"])
        table.add(["3f2a9100", "booking, zwei Gäste", "visitor-1", "visitor", "live", "3h 59m", "365d", "just now"])
        for width in 1...100 {
            let lines = table.text(width: width).split(separator: "\n").map(String.init)
            #expect(lines.count == 2 && lines.allSatisfy { DisplayWidth.of($0) <= width }, "\(width): \(lines)")
        }
        #expect(table.text(width: 46).contains("REN"))
    }
}
