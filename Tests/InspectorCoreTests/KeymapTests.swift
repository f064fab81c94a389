import InspectorCore
import Testing

@Suite("The keymap")
struct KeymapTests {
    @Test("No key has two meanings in one context")
    func noClash() {
        #expect(Keymap.standard.changed(by: [:]).warnings.isEmpty)
        for focus in Focus.allCases {
            let keys = Keymap.standard.bindings(in: focus).flatMap(\.keys)
            #expect(Set(keys).count == keys.count, "\(focus)")
        }
    }

    @Test("Keys can be changed, and two can be swapped")
    func changed() {
        let (keymap, warnings) = Keymap.standard.changed(by: ["renew": "d", "discard": "r ^x"])
        #expect(warnings.isEmpty)
        #expect(keymap.binding(for: .character("d"), in: .list)?.action == .renew)
        #expect(keymap.binding(for: .control("x"), in: .details)?.action == .discard)
    }

    @Test(
        "An impossible override is reported and changes nothing",
        arguments: [
            (["renew": "d"], "d is already assigned to discard"), (["fly": "w"], "unknown action “fly”"),
            (["renew": "hyper-x"], "isn't a key"), (["discard": "y"], "y is already assigned to copy"),
        ])
    func warnings(overrides: [String: String], warning: String) {
        let (keymap, warnings) = Keymap.standard.changed(by: overrides)
        #expect(warnings.count == 1 && warnings[0].contains(warning), "\(warnings)")
        #expect(keymap.binding(for: .character("d"), in: .list)?.action == .discard)
        #expect(keymap.binding(for: .character("r"), in: .list)?.action == .renew)
    }

    @Test("Every key name parses to its key")
    func names() {
        for key in Keymap.standard.bindings.flatMap(\.keys) { #expect(Key(named: key.name) == key) }
    }
}
