import Foundation
import Testing
import VisitorSessions

@testable import InspectorCore

@Suite("Key names in messages")
struct KeyNamesTests {
    /// Different keys for all actions, with names as long as the standard ones.
    private static let others: [Key: Key] = {
        let letters = "αβγδεζηθικλμνξοπρστυφχψωабвгджзийлфцчш"
        let characters = Set(Keymap.standard.bindings.flatMap(\.keys)).filter { key in
            if case .character(let character) = key { character != " " } else { false }
        }
        let sorted = characters.sorted { $0.name < $1.name }
        var others = Dictionary(uniqueKeysWithValues: zip(sorted, letters.map { Key.character($0) }))
        others[.escape] = .function(11)
        others[.tab] = .function(12)
        others[.enter] = .alt("ъ")
        others[.character(" ")] = .alt("ы")
        others[.backTab] = .alt("э")
        others[.control("e")] = .function(2)
        return others
    }()

    private static let changed = Keymap(
        Keymap.standard.bindings.map { binding in
            var binding = binding
            binding.keys = binding.keys.map { others[$0] ?? $0 }
            return binding
        })

    /// Two inspectors that do the same, each with its own keys.
    private struct Pair {
        var standard: Driver
        var changed: Driver

        init(isReadOnly: Bool = false) {
            standard = Driver(width: 120, height: 30, isReadOnly: isReadOnly)
            changed = Driver(width: 120, height: 30, isReadOnly: isReadOnly, keymap: KeyNamesTests.changed)
        }

        mutating func press(_ keys: Key...) {
            for key in keys {
                let focus = standard.model.focus
                let isText = if case .character = key { Focus.texts.contains(focus) } else { false }
                let isBound = (Focus.panes.contains(focus) ? Focus.panes : [focus]).contains {
                    Keymap.standard.binding(for: key, in: $0) != nil && !isText
                }
                standard.press(key)
                changed.press(isBound ? KeyNamesTests.others[key] ?? key : key)
            }
        }

        mutating func send(_ message: Message) {
            standard.send(message)
            changed.send(message)
        }

        mutating func end(_ result: Result<VisitorSession, SessionError>) {
            standard.end(result)
            changed.end(result)
        }

        /// Fails if the changed inspector's screen names a key it doesn't have, or if it does something else.
        func check(sourceLocation: SourceLocation = #_sourceLocation) {
            // The copy menu has its own letters. A letter after a number is a unit.
            if changed.model.focus != .menu {
                // A popup cuts the words of the list.
                let text = changed.rows.map { whole in
                    let row = whole.replacing(/\S+…/, with: "")
                    let parts = row.split(omittingEmptySubsequences: false) { "│┌┐└┘".contains($0) }
                    return parts.count > 2 ? parts[1] : Substring(row)
                }
                let words = text.joined(separator: " ").split { !($0.isLetter || $0.isNumber || "^-'".contains($0)) }
                let names = Set(KeyNamesTests.others.keys.map(\.name)).subtracting(["a"])
                let found = zip(words, words.dropFirst()).filter { names.contains(String($1)) && Int($0) == nil }.map(
                    \.1)
                #expect(found == [], "\(changed.screen)", sourceLocation: sourceLocation)
            }
            var screen = changed.screen
            for (own, other) in KeyNamesTests.others {
                screen = screen.replacing(other.name, with: own.name)
            }
            let lines = zip(screen.split(separator: "\n"), standard.screen.split(separator: "\n"))
            for (line, expected) in lines { #expect(line == expected, sourceLocation: sourceLocation) }
        }
    }

    @Test("Messages, hints and popups name the keys of the keymap")
    func names() {
        var pair = Pair()
        pair.check()
        for keys: [Key] in [
            [.character("?"), .function(1), .escape], [.character(":"), .function(1), .escape],
            [.character("/"), .function(1), .character("7"), .enter, .escape], [.character("e"), .enter],
            [.character("e"), .escape], [.character("s"), .enter, .character("x"), .enter, .escape],
            [.character("d"), .character("x")], [.character("d"), .escape], [.character("y"), .function(1), .escape],
            [.character("z")], [.character("m")], [.character("m")], [.character("v"), .down], [.escape], [.escape],
            [.character("v"), .down, .down, .character("v")], [.character("d")], [.escape], [.character("a")],
            [.character("n")], [.character("l"), .character("n")], [.tab, .character("n")],
            [.character("/"), .character("7"), .enter], [.escape], [.escape], [.escape], [.escape], [.escape],
            [.character("f")], [.character("f")], [.enter, .tab, .character("n"), .character(" ")], [.escape],
            [.character("/"), .character("7"), .character("8"), .enter, .character("r")], [.escape],
        ] {
            for key in keys {
                pair.press(key)
                pair.check()
            }
        }
        pair.send(.paste("good"))
        pair.check()
    }

    @Test("Results name the keys of the keymap")
    func results() {
        var pair = Pair()
        pair.press(.character("d"), .character("y"))
        guard let session = pair.standard.model.list.selected else { return }
        pair.end(.success(session))
        pair.check()
        pair.press(.character("u"))
        pair.end(.failure(SessionError(.store, "The store is unavailable.")))
        pair.check()
        pair.press(.character("a"))
        pair.end(.success(session))
        pair.check()
        pair.send(.resized(Size(width: 10, height: 3)))
        pair.check()
        pair.press(.character("q"))
        #expect(pair.changed.hasQuit)
    }

    @Test(
        "A grace period is shown in its own unit",
        arguments: [
            (1800, "30 minutes"), (86400, "24 hours"), (5400, "90 minutes"), (3600, "1 hour"), (604800, "7 days"),
            (45, "45 seconds"),
        ])
    func gracePeriod(seconds: Int, words: String) {
        var policy = SessionPolicy()
        policy.gracePeriod = .seconds(seconds)
        var driver = Driver(width: 120, policy: policy)
        driver.press(.character("d"))
        #expect(driver.screen.contains("D can restore it for \(words)"))
    }
}
