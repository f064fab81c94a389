import ArgumentParser
import Testing

@testable import Commands

@Suite("Names of sessions in a shell's completion")
struct SessionNamesTests {
    @Test(
        "A label is no command of the shell that offers it",
        arguments: [
            ("it's mine", "'it'\\''s mine'"), ("`touch x`", "'`touch x`'"), ("a;b", "'a;b'"), ("$(touch x)", nil),
            ("$HOME", nil),
        ] as [(String, String?)])
    func bash(label: String, escaped: String?) {
        #expect(SessionNames.escaped(label, for: .bash) == escaped)
    }

    @Test("What stands behind a colon is not taken for a description")
    func zsh() {
        #expect(SessionNames.escaped("cart: a\\b", for: .zsh) == "cart\\: a\\\\b")
        #expect(SessionNames.escaped("cart: $x", for: .fish) == "cart: $x")
    }
}
