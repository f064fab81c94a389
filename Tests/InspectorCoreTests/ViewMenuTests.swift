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
        #expect(driver.copied.count == 1 && driver.screen.contains("Unknown format “yaml”"))
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

    /// More sessions than a window has, half of them labeled “even”.
    private func many() -> Driver {
        let sessions = (1...120).map { number in
            Fixtures.session(UInt8(number), number % 2 == 0 ? "even" : "odd", access: 3000 + Double(number))
        }
        var driver = Driver(sessions)
        driver.windowLimit = 40
        driver.pressKeys("/even⏎")
        return driver
    }

    @Test("All that match the filter are marked without being loaded, and a job reads them as it goes")
    func markAll() {
        var driver = many()
        driver.type("*")
        #expect(driver.model.list.marks.matching == "even" && driver.screen.contains("all✓"))
        driver.type("y")
        #expect(driver.model.popups.isEmpty && driver.screen.contains("can't be copied"))
        driver.type("a")
        #expect(
            driver.performed.isEmpty && driver.screen.contains("Turn on automatic renewal for all sessions that match?")
        )
        driver.type("y")
        #expect(driver.performed.count == 4)
        for place in 0..<60 { driver.end(.success(driver.sessions[0].session), at: place) }
        #expect(driver.performed.count == 60 && Set(driver.performed.compactMap(\.sessionID)).count == 60)
        #expect(driver.screen.contains("60 of 60 sessions") && driver.model.list.marks.isEmpty)
    }

    @Test("Esc stops a job on all that match, and u undoes what was done")
    func stopAll() {
        var driver = many()
        driver.type("*ay")
        driver.press(.escape)
        for place in 0..<4 { driver.end(.success(driver.sessions[place].session), at: place) }
        #expect(driver.performed.count == 4 && driver.screen.contains("56 not started"))
        driver.type("u")
        #expect(driver.performed.count == 8)
    }

    @Test("Another filter, and Space, end the mark of all that match")
    func markAllEnds() {
        var driver = many()
        driver.type("*")
        driver.press(.character(" "))
        #expect(driver.model.list.marks.isEmpty)
        driver.type("*")
        driver.pressKeys("/odd⏎")
        #expect(driver.model.list.marks.isEmpty)
    }

    @Test("If all rows are loaded, they are marked one by one")
    func markLoaded() {
        var driver = Driver()
        driver.type("*")
        #expect(driver.model.list.marks.count == 10 && driver.model.list.marks.matching == nil)
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
