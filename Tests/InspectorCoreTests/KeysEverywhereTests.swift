import Foundation
import InspectorCore
import Testing
import VisitorSessions

@Suite("Every key in every context")
struct KeysEverywhereTests {
    /// How to reach each context, with room to move in both directions.
    private static let places: [(place: Focus, keys: String)] = [
        (.list, "↓↓↓"), (.details, "↓↓↓⇥"), (.history, "↓↓↓⇥⇥"), (.requests, "↓↓↓w"), (.log, "↓↓↓l"),
        (.prompt, "↓↓↓/a"),
        (.help, "↓↓↓?"), (.popupFilter, "↓↓↓?/o"), (.palette, "↓↓↓:e"), (.confirmation, "↓↓↓d"), (.menu, "↓↓↓⏎y"),
        (.notice, "↓↓↓i"),
        (.setEditor, "↓↓↓sxyz"), (.labelEditor, "↓↓↓e"), (.form, "↓↓↓ga"),
    ]

    private static let keys: [Key] =
        Array(Set(Keymap.standard.bindings.flatMap(\.keys)))
        + [.left, .right, .backspace, .delete, .function(1), .function(12), .other]
        + ["B", "ö", "购", "0"].map { .character($0) } + ["a", "e", "w", "k", "x"].map { .control($0) }

    private func driver(in place: Focus, isReadOnly: Bool = false) throws -> Driver {
        let keys = try #require(Self.places.first { $0.place == place }?.keys)
        var driver = Driver(width: 90, height: 20, isReadOnly: isReadOnly)
        for number in 0..<40 {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: number, at: Fixtures.now, session: Fixtures.id(1),
                        draft: .init(.renewed, actor: "server 7"))))
        }
        driver.pressKeys(keys)
        if place == .notice {
            let lines = (0..<40).map { Notice.Line("line \($0)", "of an answer") }
            driver.send(
                .answered(Notice(title: "token info", lines: lines), about: try #require(driver.model.list.selected)))
        }
        if [.details, .history, .log, .help, .notice].contains(place) {
            for _ in 0..<3 { driver.press(place == .log ? .up : .down) }
        }
        #expect(driver.model.focus == place)
        return driver
    }

    /// What a person can notice, and what is requested.
    private func traces(_ driver: Driver) -> [String] {
        let frame = InspectorView.frame(driver.model)
        return [
            frame.text, "\(frame.cursor)", "\(frame.cells.map(\.style).hashValue)", "\(driver.performed.count)",
            "\(driver.copied.count)", "\(driver.other.count)", "\(driver.hasQuit)",
        ]
    }

    /// Keys that have nothing left to do, such as at an end.
    private func isAtEnd(_ key: Key, in place: Focus) -> Bool {
        switch place {
        // The cursor is at the end of the text.
        case .prompt, .palette, .setEditor, .labelEditor, .form, .popupFilter:
            [.right, .end, .delete, .control("e"), .control("k"), .up, .pageUp, .control("p")].contains(key)
                // The set editor has nothing to choose from, and the form is at its first field.
                || place == .setEditor && key == .down || place == .form && key == .backTab
        // The first choice is chosen.
        case .menu: [.up, .pageUp, .home, .control("u"), .character("k"), .character("<")].contains(key)
        // There is one line, so nothing to scroll.
        case .history, .requests:
            (Keymap.standard.binding(for: key, in: place)?.action).map(Self.scrolling.contains) ?? false
        default: false
        }
    }

    private static let scrolling: [Action] = [
        .up, .down, .pageUp, .pageDown, .halfPageUp, .halfPageDown, .first, .last,
    ]

    @Test("works, or says why not", arguments: Focus.allCases)
    func answers(place: Focus) throws {
        let start = try driver(in: place)
        let before = traces(start)
        for key in Self.keys where !isAtEnd(key, in: place) {
            var driver = start
            driver.press(key)
            let isAnswered = traces(driver) != before
            #expect(isAnswered, "“\(key.name)” in the \(place.rawValue) does nothing and says nothing")
        }
    }

    @Test("loses nothing without confirmation", arguments: Focus.allCases, [Key.enter, .escape, .character("y")])
    func losesNothing(place: Focus, second: Key) throws {
        let start = try driver(in: place)
        for key in Self.keys {
            var driver = start
            driver.press(key)
            let wasAsked = driver.model.focus == .confirmation
            driver.press(second)
            let isYes =
                place == .confirmation && key == .character("y") || wasAsked && second == .character("y")
            let losses = driver.performed.filter {
                switch $0 {
                case .discard, .set, .restoreTokens: true
                default: false
                }
            }
            let isSafe = losses.isEmpty || isYes
            #expect(isSafe, "“\(key.name)” and “\(second.name)” in the \(place.rawValue)")
        }
    }

    @Test("changes nothing in a read-only inspector", arguments: [Focus.list, .details, .history, .log])
    func readOnly(place: Focus) throws {
        let start = try driver(in: place, isReadOnly: true)
        for key in Self.keys {
            var driver = start
            driver.press(key, .character("y"), .enter)
            driver.send(.paste("good"))
            driver.press(.enter)
            let isUntouched = driver.performed.isEmpty
            #expect(isUntouched, "“\(key.name)” in the \(place.rawValue)")
        }
    }

    @Test("isn't offered where it would be refused")
    func offers() {
        let bar = Driver(width: 200, isReadOnly: true).rows.last ?? ""
        #expect(!bar.contains("generate") && !bar.contains("discard") && bar.contains("filter"))
        var driver = Driver(width: 200)
        #expect(driver.rows.last?.contains("undo") == false)
        driver.type("dy")
        driver.end(.success(driver.sessions[0].session))
        #expect(driver.rows.last?.contains("u undo") == true)
    }
}
