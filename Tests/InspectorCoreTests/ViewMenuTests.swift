import Foundation
import Testing
import VisitorSessions

@testable import InspectorCore

@Suite("Columns, sorting, the help, the palette and the filter's completions")
struct ViewMenuTests {
    @Test("Columns can be hidden, and stay hidden at the next start")
    func columns() throws {
        var driver = Driver(width: 120)
        // The label is the first column that can be hidden, the visitor the second.
        driver.press(.character("c"), .down, .character(" "))
        #expect(driver.screen.contains("[ ] visitor"))
        driver.press(.enter)
        #expect(driver.model.popups.isEmpty && !driver.screen.contains("VISITOR"))
        let data = try JSONEncoder().encode(driver.model.remembered)
        let read = try JSONDecoder().decode(RememberedView.self, from: data)
        driver.model = Model(
            driver.model.options, remembered: read, size: driver.model.size, now: Fixtures.now)
        #expect(!driver.screen.contains("VISITOR") && driver.screen.contains("ROLE"))
    }

    @Test("A view that an earlier version remembered shows all columns")
    func earlierView() throws {
        let text = #"{"sort":"label","isDescending":true,"filter":"","times":"UTC","takesMouse":true}"#
        let read = try JSONDecoder().decode(RememberedView.self, from: Data(text.utf8))
        let options = Driver().model.options
        let model = Model(options, remembered: read, size: Size(width: 120, height: 30), now: Fixtures.now)
        #expect(model.remembered.hiddenColumns == [] && model.list.sort.key == .label)
    }

    @Test("On a wide screen the visitor's whole ID is shown, and the gauge grows")
    func wide() {
        let driver = Driver(width: 200)
        let row = driver.rows.first { $0.contains("member with tickets") } ?? ""
        #expect(row.contains("7c9e01a5-1111-4111-8111-111111111111"))
        #expect(row.count { "█▊░".contains($0) } > 20)
    }

    @Test("The sort menu marks the current column, and sorts by the chosen one")
    func sortMenu() {
        var driver = Driver()
        driver.pressKeys(":sort⏎")
        #expect(driver.screen.contains("▌ ▽ access"))
        driver.press(.up, .down, .down, .enter)
        #expect(driver.model.list.sort.key == .created && driver.model.popups.isEmpty)
    }

    @Test("The palette takes a text after a command's name")
    func paletteArguments() {
        var driver = Driver()
        driver.pressKeys(":filter Cart⏎")
        #expect(driver.model.list.filterText == "Cart" && driver.model.list.rows.count == 1)
        driver.pressKeys(":export curl⏎")
        #expect(driver.copied.map(\.form) == [.curl])
        driver.pressKeys(":export yaml⏎")
        #expect(driver.copied.count == 1 && driver.screen.contains("No format is called “yaml”"))
        driver.pressKeys(":theme light⏎")
        #expect(driver.other.contains { if case .theme(isLight: true) = $0 { true } else { false } })
        driver.pressKeys(":wq⏎")
        #expect(driver.hasQuit)
    }

    @Test("Fewer than three letters and Enter never run a command that writes or sends")
    func shortCommands() {
        let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
        for text in letters + letters.flatMap({ first in letters.map { first + $0 } }) {
            let palette = Palette(field: TextField(text), context: .list)
            guard let choice = Keymap.standard.choice(palette) else { continue }
            let commands = Keymap.standard.commands(palette)
            #expect(commands.isEmpty || !commands[choice].writesOrSends, "\(text)")
        }
        var driver = Driver()
        driver.pressKeys(":ge⏎")
        #expect(driver.performed.isEmpty)
    }

    @Test("While a key of the filter is typed, the list stays, and Tab completes")
    func completions() {
        var driver = Driver()
        driver.pressKeys("/stat")
        #expect(driver.model.list.rows.count == 10 && driver.screen.contains("state:"))
        driver.press(.tab)
        #expect(driver.model.prompt?.text == "state:" && driver.screen.contains("valid  expiring  expired"))
        driver.pressKeys("ex⇥")
        #expect(driver.model.prompt?.text == "state:expir")
        driver.pressKeys("⇥⏎")
        #expect(driver.model.list.filterText == "state:expiring" && driver.model.list.rows.count == 1)
        // A word that is accepted filters, also if it begins like a key.
        driver.pressKeys("⎋/role⏎")
        #expect(driver.model.list.filterText == "role" && driver.model.list.rows.isEmpty)
    }

    @Test("The help is filtered as you type, and Esc clears the filter before it closes the help")
    func helpFilter() {
        var driver = Driver()
        driver.pressKeys("?/undo")
        #expect(driver.screen.contains("redo what was undone") && !driver.screen.contains("move down"))
        #expect(driver.screen.contains("Sessions") && !driver.screen.contains("Marks"))
        driver.pressKeys("⏎q")
        #expect(driver.screen.contains("renew the marked"))
        driver.press(.escape)
        #expect(driver.model.popups.isEmpty)
    }
}
