import InspectorCore
import TerminalText
import Testing
import VisitorSessions

@Suite("The inspector's screens")
struct InspectorViewTests {
    @Test(
        "Every view and popup matches its golden screen at every size, with and without colors", arguments: Scene.all)
    func scenes(scene: Scene) throws {
        try GoldenFrames.expect(
            GoldenFrames.sizes.map { GoldenFrames.page(scene.frame(at: $0)) }.joined(separator: "\n"), is: scene.name)
    }

    @Test("Golden screens distinguish styles, with and without colors")
    func looks() {
        let list = Scene.all[0].frame(at: Size(width: 80, height: 24))
        var other = list
        other.select(row: 10)
        #expect(GoldenFrames.page(list) != GoldenFrames.page(other))
        #expect(list.text == other.text)
    }

    @Test("Every row is as wide as the screen, whatever the labels contain", arguments: [40, 57, 80, 111, 200])
    func wellFormed(width: Int) {
        var driver = Driver(width: width, height: 30)
        driver.press(.enter)
        let frame = InspectorView.frame(driver.model)
        for row in 0..<frame.size.height {
            let cells = frame.row(row)
            let filled = cells.filter { !$0.isContinuation }.reduce(0) { $0 + DisplayWidth.of($1.character) }
            #expect(filled == width)
            #expect(
                cells.allSatisfy { $0.character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } })
        }
    }

    @Test("No token is ever shown")
    func secrets() {
        var driver = Driver(width: 200, height: 60)
        driver.press(.enter)
        #expect(!driver.screen.contains("planted"))
    }

    @Test("IDs that share six digits are shown with more digits")
    func longIDs() {
        let twins = [Fixtures.id(1), SessionID("25010101-ffff-4fff-8fff-ffffffffffff")].compactMap(\.self)
        let sessions = twins.map { id in
            OpenedSession(
                VisitorSession(id: id, clientID: "c", tokens: Fixtures.tokens(1, access: 900), at: Fixtures.now),
                tokens: Fixtures.tokens(1, access: 900))
        }
        let screen = Driver(sessions).screen
        #expect(screen.contains("250101010") && screen.contains("25010101f"))
    }
}
