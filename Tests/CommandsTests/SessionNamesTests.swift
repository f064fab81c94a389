import ArgumentParser
import Testing

@testable import Commands

@Suite("Shell completion of sessions")
struct SessionNamesTests {
    @Test(
        "bash can't run a command in a label",
        arguments: [
            ("it's mine", "'it'\\''s mine'"), ("`touch x`", "'`touch x`'"), ("a;b", "'a;b'"), ("$(touch x)", nil),
            ("$HOME", nil),
        ] as [(String, String?)])
    func bash(label: String, escaped: String?) {
        #expect(SessionNames.escaped(label, for: .bash) == escaped)
    }

    @Test("zsh doesn't take text after a colon for a description")
    func zsh() {
        #expect(SessionNames.escaped("cart: a\\b", for: .zsh) == "cart\\: a\\\\b")
        #expect(SessionNames.escaped("cart: $x", for: .fish) == "cart: $x")
    }
}
