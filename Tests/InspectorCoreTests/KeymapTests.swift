import InspectorCore
import Testing

@Suite("The keymap")
struct KeymapTests {
    @Test("No key means two things in one place")
    func noClash() {
        #expect(Keymap.standard.changed(by: [:]).complaints.isEmpty)
        for focus in Focus.allCases {
            let keys = Keymap.standard.bindings(in: focus).flatMap(\.keys)
            #expect(Set(keys).count == keys.count, "\(focus)")
        }
    }

    @Test("Keys can be changed, and two can be swapped")
    func changed() {
        let (keymap, complaints) = Keymap.standard.changed(by: ["renew": "d", "discard": "r ^x"])
        #expect(complaints.isEmpty)
        #expect(keymap.binding(for: .character("d"), in: .list)?.action == .renew)
        #expect(keymap.binding(for: .control("x"), in: .details)?.action == .discard)
    }

    @Test(
        "A wish that cannot be granted is reported, and changes nothing",
        arguments: [
            (["renew": "d"], "d is discard already"), (["fly": "w"], "no action is called “fly”"),
            (["renew": "hyper-x"], "is no key"), (["discard": "y"], "y is copy already"),
        ])
    func complaints(wishes: [String: String], complaint: String) {
        let (keymap, complaints) = Keymap.standard.changed(by: wishes)
        #expect(complaints.count == 1 && complaints[0].contains(complaint), "\(complaints)")
        #expect(keymap.binding(for: .character("d"), in: .list)?.action == .discard)
        #expect(keymap.binding(for: .character("r"), in: .list)?.action == .renew)
    }

    @Test("Every name of a key is read back as that key")
    func names() {
        for key in Keymap.standard.bindings.flatMap(\.keys) { #expect(Key(named: key.name) == key) }
    }
}
