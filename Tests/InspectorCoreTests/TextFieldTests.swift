import InspectorCore
import Testing

@Suite("Editing a line")
struct TextFieldTests {
    private func edited(_ text: String, _ keys: [Key]) -> String {
        var field = TextField(text)
        for key in keys { _ = field.edit(key) }
        return field.text
    }

    @Test("Editing keys work as in shells")
    func keys() {
        #expect(edited("one two", [.control("w")]) == "one ")
        #expect(edited("one two", [.control("u")]) == "")
        #expect(edited("one", [.home, .delete]) == "ne")
        #expect(edited("one", [.left, .left, .control("k")]) == "o")
        #expect(edited("one", [.home, .backspace]) == "one")
        #expect(edited("e\u{301}购", [.backspace, .backspace]) == "")
        #expect(edited("ac", [.left, .character("b")]) == "abc")
    }

    @Test("Keys that don't edit aren't consumed")
    func otherKeys() {
        var field = TextField("one")
        let edits = [Key.enter, .escape, .up, .tab, .control("c")].map { field.edit($0) }
        #expect(!edits.contains(true))
        #expect(field.text == "one")
    }
}
