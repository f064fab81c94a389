import InspectorCore
import Testing
import VisitorSessions

@Suite("The inspector's screens")
struct InspectorViewTests {
    @Test("The list looks as it should", arguments: [(20, 5), (40, 10), (80, 24), (120, 36), (200, 60)])
    func list(width: Int, height: Int) throws {
        try GoldenFrames.expect(Driver(width: width, height: height).screen, is: "list-\(width)x\(height)")
    }

    @Test("The details look as they should", arguments: [(40, 10), (80, 24), (120, 36), (200, 60)])
    func details(width: Int, height: Int) throws {
        var driver = Driver(width: width, height: height)
        driver.press(.down, .enter)
        try GoldenFrames.expect(driver.screen, is: "details-\(width)x\(height)")
    }

    @Test("The help looks as it should", arguments: [(40, 10), (80, 24), (120, 36)])
    func help(width: Int, height: Int) throws {
        var driver = Driver(width: width, height: height)
        driver.type("?")
        try GoldenFrames.expect(driver.screen, is: "help-\(width)x\(height)")
    }

    @Test("The question before a discard looks as it should", arguments: [(40, 10), (80, 24)])
    func discard(width: Int, height: Int) throws {
        var driver = Driver(width: width, height: height)
        driver.type("d")
        try GoldenFrames.expect(driver.screen, is: "discard-\(width)x\(height)")
    }

    @Test("The set editor shows what it understood and never the token", arguments: [(40, 10), (80, 24)])
    func setEditor(width: Int, height: Int) throws {
        var driver = Driver(width: width, height: height)
        driver.type("s")
        driver.send(.paste("good"))
        try GoldenFrames.expect(driver.screen, is: "set-\(width)x\(height)")
        #expect(!driver.screen.contains("good"))
    }

    @Test(
        "Every popup and pane looks as it should",
        arguments: [
            ("log", "l"), ("copy", "y"), ("palette", ":re"), ("label", "e"), ("renew-many", "  r"),
            ("claims", "\ny\u{6D}"),
            ("reveal", "x"), ("history", "\t\t"), ("filter", "/cart"), ("marks", " v"),
        ], [(40, 10), (80, 24), (120, 36)])
    func screens(screen: (name: String, keys: String), size: (width: Int, height: Int)) throws {
        var driver = Driver(width: size.width, height: size.height)
        for key in screen.keys {
            switch key {
            case "\n": driver.press(.enter)
            case "\t": driver.press(.tab)
            default: driver.press(.character(key))
            }
        }
        try GoldenFrames.expect(driver.screen, is: "\(screen.name)-\(size.width)x\(size.height)")
    }

    @Test("An empty store says what to do")
    func empty() throws {
        try GoldenFrames.expect(Driver([]).screen, is: "empty-80x24")
    }

    @Test("Every row is as wide as the screen, whatever the labels hold", arguments: [40, 57, 80, 111, 200])
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

    @Test("No token is ever on the screen")
    func secrets() {
        var driver = Driver(width: 200, height: 60)
        driver.press(.enter)
        #expect(!driver.screen.contains("planted"))
    }

    @Test("IDs that share their first six digits are shown with more of them")
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
