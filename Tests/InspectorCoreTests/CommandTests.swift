import Foundation
import InspectorCore
import Testing
import VisitorSessions

@Suite("Marks, popups and panes")
struct CommandTests {
    private func labels(_ driver: Driver) -> [String] {
        driver.copied.last?.sessions.map(\.label) ?? []
    }

    @Test("Marked sessions are renewed after confirmation, a few at a time, and Esc stops the rest")
    func bulk() throws {
        var driver = Driver()
        // One of them is damaged and skipped.
        for _ in 0..<7 { driver.press(.character(" ")) }
        driver.type("r")
        #expect(driver.performed.isEmpty && driver.screen.contains("Renew 6 sessions?"))
        #expect(driver.screen.contains("1 other marked session can't be renewed."))
        driver.press(.enter)
        #expect(driver.performed.isEmpty)
        driver.type("ry")
        #expect(driver.performed.count == 4)
        let session = try #require(driver.model.list.selected)
        driver.end(.success(session), at: 0)
        #expect(driver.performed.count == 5)
        #expect(driver.screen.contains("renewing… 1 of 6"))
        driver.press(.escape)
        for place in 1..<5 { driver.end(.failure(SessionError(.transient, "Busy.", requestID: "r-9")), at: place) }
        #expect(driver.performed.count == 5)
        #expect(driver.screen.contains("1 not started"))
        #expect(driver.screen.contains("Busy."))
    }

    @Test("One undo restores all discarded sessions")
    func undoBulk() throws {
        var driver = Driver()
        driver.press(.character("v"), .down, .down, .character("v"), .character("d"), .character("y"))
        #expect(driver.performed.count == 3)
        let session = try #require(driver.model.list.selected)
        for place in 0..<3 { driver.end(.success(session), at: place) }
        #expect(driver.screen.contains("u undoes all"))
        driver.type("u")
        let restored = driver.performed.suffix(3).compactMap { if case .restore(let id) = $0 { id } else { nil } }
        #expect(Set(restored) == Set(driver.performed.prefix(3).compactMap(\.sessionID)))
    }

    @Test("If only one of several sessions was discarded, undo isn't said to undo all")
    func undoPartialBulk() throws {
        var driver = Driver(width: 120)
        driver.press(.character("v"), .down, .down, .character("v"), .character("d"), .character("y"))
        let session = try #require(driver.model.list.selected)
        driver.end(.success(session), at: 0)
        for place in 1..<3 { driver.end(.failure(SessionError(.transient, "Busy.")), at: place) }
        #expect(driver.screen.contains("u undoes.") && !driver.screen.contains("undoes all"), "\(driver.screen)")
    }

    @Test("A range extends to where the selection moves", arguments: [(Key.end, 10), (.home, 1)])
    func rangeToEnd(key: Key, count: Int) {
        var driver = Driver()
        driver.press(.character("v"), .down, .down, key)
        #expect(driver.model.list.marks.count == count)
    }

    @Test("A range whose start is no longer loaded ends with a message and keeps its marks")
    func rangeIsCut() throws {
        var driver = Driver()
        driver.press(.down, .character("v"), .down)
        let start = try #require(driver.model.list.marks.rangeStart)
        driver.sessions.removeAll { $0.session.id == start }
        driver.send(.storeChanged)
        driver.press(.down)
        #expect(driver.screen.contains("has ended") && driver.model.list.marks.count == 2)
    }

    @Test("A command ends the range, so that moving marks no more sessions")
    func rangeEnds() {
        var driver = Driver()
        driver.press(.character("v"), .down, .character("r"), .character("y"))
        for place in 0..<2 { driver.end(.failure(SessionError(.transient, "Busy.")), at: place) }
        driver.press(.escape, .down, .down, .down)
        #expect(driver.model.list.marks.count == 2)
    }

    @Test("Marks stay with their sessions when the order changes")
    func marksStay() {
        var driver = Driver()
        driver.press(.character(" "))
        driver.type("oO")
        driver.type("ya")
        #expect(labels(driver) == ["refused yesterday"])
    }

    @Test("e edits the label, u restores it and Esc cancels")
    func label() throws {
        var driver = Driver()
        let session = try #require(driver.model.list.selected)
        driver.type("e")
        driver.press(.control("u"))
        driver.type("dyQ 购物")
        driver.press(.enter)
        guard case .label(session.id, "dyQ 购物", "refused yesterday") = driver.performed.last else {
            Issue.record("labeled nothing")
            return
        }
        driver.end(.success(session))
        driver.type("u")
        guard case .label(session.id, "refused yesterday", _) = driver.performed.last else {
            Issue.record("the old label is lost")
            return
        }
        driver.type("exyz")
        driver.press(.escape)
        #expect(driver.performed.count == 2)
    }

    @Test(
        "Each letter of the copy menu copies its form",
        arguments: [
            ("a" as Character, CopyFormat.accessToken), ("r", .refreshToken), ("h", .header), ("s", .sdk),
            ("c", .cookie),
            ("u", .curl),
        ])
    func copy(letter: Character, form: CopyFormat) {
        var driver = Driver()
        driver.type("y\(letter)")
        #expect(driver.copied.map(\.form) == [form])
        #expect(driver.model.popups.isEmpty)
    }

    @Test("A claim can be copied from the second page of the copy menu, and Esc returns to the first")
    func copyClaim() {
        var driver = Driver(width: 120)
        driver.press(.enter)
        driver.type("ym")
        #expect(driver.model.popups.count == 2)
        driver.press(.escape)
        #expect(driver.model.popups.count == 1)
        driver.type("m")
        driver.press(.down, .down, .enter)
        guard case .claim("access data.instance.aid", _)? = driver.copied.last?.form else {
            Issue.record("copied no claim")
            return
        }
    }

    @Test("x reveals only this session's tokens for ten seconds, with a countdown")
    func reveal() {
        var driver = Driver(width: 120, height: 50)
        driver.type("x")
        #expect(driver.screen.contains("planted-access-6") && driver.screen.contains("revealed for 10 s"))
        driver.send(.time(Fixtures.now + .seconds(4)))
        #expect(driver.screen.contains("revealed for 6 s"))
        driver.send(.time(Fixtures.now + .seconds(10)))
        #expect(!driver.screen.contains("planted"))
        driver.type("x")
        #expect(driver.screen.contains("planted-access-6"))
        driver.press(.down)
        #expect(!driver.screen.contains("planted"))
    }

    @Test(
        "Typing a vim command doesn't change a session or send a request",
        arguments: ["q", "w", "e", "h", "wq", "x", "d", "g", "ge", "re", "p", "i", ""])
    func habits(text: String) {
        var driver = Driver()
        driver.type(":" + text)
        driver.press(.enter)
        let requests = driver.other.filter {
            switch $0 {
            case .probe, .requestTokenInfo: true
            default: false
            }
        }
        #expect(driver.performed.isEmpty && requests.isEmpty)
        #expect(driver.hasQuit == ["q", "wq", "x"].contains(text))
    }

    @Test("The palette finds and runs a command")
    func palette() {
        var driver = Driver()
        driver.type(":new visitor")
        driver.press(.enter, .enter)
        #expect(driver.performed.count == 1 && driver.model.popups.isEmpty)
    }

    @Test("Tab cycles through the panes, and z zooms one")
    func panes() {
        var driver = Driver(width: 120, height: 36)
        var places: [Focus] = []
        for _ in 0..<5 {
            driver.press(.tab)
            places.append(driver.model.focus)
        }
        #expect(places == [.details, .history, .requests, .log, .list])
        driver.press(.tab, .character("z"))
        #expect(!driver.screen.contains("ACCESS ▽") && driver.screen.contains("access token"))
        driver.type("qq")
        #expect(driver.model.panes.open == nil && !driver.hasQuit)
    }

    @Test("The details show consecutive failures and a countdown to the next attempt")
    func failures() {
        let failing = Fixtures.session(1, "failing", access: 90000) {
            $0.failures = 3
            $0.retryAt = Fixtures.now + .seconds(42)
        }
        var driver = Driver([failing], width: 120, height: 36)
        driver.press(.enter)
        #expect(driver.screen.contains("3 times in a row") && driver.screen.contains("in 0:00:42"))
        #expect(driver.model.nextTick == Fixtures.now + .seconds(1))
        driver.send(.time(Fixtures.now + .seconds(43)))
        #expect(driver.screen.contains("3 times in a row") && !driver.screen.contains("next attempt"))
        driver.sessions = [Fixtures.session(1, "failing", access: 90000)]
        driver.send(.storeChanged)
        #expect(!driver.screen.contains("times in a row"))
    }

    @Test("A search in the details highlights matches, and n goes to the next")
    func search() {
        var driver = Driver(width: 80, height: 20)
        driver.press(.tab)
        driver.type("/token")
        driver.press(.enter)
        let first = driver.screen
        driver.type("n")
        #expect(driver.screen != first && driver.screen.contains("refresh token"))
        let cells = InspectorView.frame(driver.model).cells.filter { $0.style.role == .match }
        #expect(cells.count >= 5)
    }

    @Test("The list highlights matches of the filter")
    func highlight() {
        var driver = Driver()
        driver.type("/CART")
        let matches = InspectorView.frame(driver.model).cells.filter { $0.style.role == .match }.map(\.character)
        #expect(String(matches) == "cart")
    }

    @Test("A paused display doesn't change, says so and catches up")
    func freeze() {
        var driver = Driver()
        driver.type("f")
        let rows = driver.rows[4..<14]
        driver.sessions.removeAll()
        driver.send(.storeChanged)
        driver.send(.time(Fixtures.now + .seconds(30)))
        #expect(driver.rows[4..<14] == rows && driver.rows[0].contains("PAUSED"))
        driver.type("f")
        #expect(driver.model.list.rows.isEmpty)
    }

    @Test("t switches between relative, local and UTC times")
    func times() {
        var driver = Driver()
        #expect(driver.screen.contains("0:12:41"))
        driver.type("tt")
        #expect(driver.screen.contains("08:12:41") && driver.rows[0].contains("UTC"))
    }

    @Test("A row that another process changed is highlighted briefly")
    func flash() {
        var driver = Driver()
        driver.sessions[3].session.version += 1
        driver.send(.storeChanged)
        func flashing() -> Int { InspectorView.frame(driver.model).cells.filter { $0.style.role == .notice }.count }
        #expect(flashing() > 20)
        driver.send(.time(Fixtures.now + .seconds(2)))
        #expect(flashing() == 0)
    }

    @Test("The mouse selects, opens with a double click, sorts by headers, scrolls and presses keys")
    func mouse() {
        var driver = Driver()
        func press(_ row: Int, _ column: Int) {
            driver.send(.mouse(MouseEvent(.press, at: Position(row: row, column: column))))
        }
        press(6, 20)
        #expect(driver.model.list.selected?.label == "response lost")
        press(6, 20)
        #expect(driver.model.panes.open == .session)
        driver.send(.mouse(MouseEvent(.wheelDown, at: Position(row: 5, column: 4))))
        #expect(driver.model.list.selectedRow == 5)
        press(3, 16)
        #expect(driver.model.list.sort.key == .label)
        press(23, 2)
        #expect(driver.screen.contains("Generate sessions"))
        driver.press(.escape)
        driver.type("m")
        press(4, 20)
        #expect(driver.model.list.selectedRow != 0)
    }

    @Test("A click is resolved by the model's layout, without a drawn frame")
    func mouseWithoutFrame() {
        var driver = Driver()
        func press(_ row: Int, _ column: Int) {
            driver.send(.mouse(MouseEvent(.press, at: Position(row: row, column: column))))
        }
        let before = driver.model.list.rows[2].id
        driver.type("O")
        press(6, 20)
        #expect(driver.model.list.selected?.id == driver.model.list.rows[2].id)
        #expect(driver.model.list.selected?.id != before)

        driver.send(.resized(Size(width: 120, height: 36)))
        driver.press(.enter)
        press(33, 100)
        #expect(driver.model.panes.focus == .history)
        press(16, 117)
        #expect(driver.model.panes.focus == .log)
        press(35, 2)
        #expect(driver.performed.count == 1)
    }

    @Test("A click on a popup doesn't reach what is below it")
    func mouseUnderPopup() throws {
        var driver = Driver()
        driver.type("?")
        driver.send(.mouse(MouseEvent(.press, at: Position(row: 6, column: 20))))
        #expect(driver.model.list.selectedRow == 0 && driver.model.popups.count == 1)
        driver.press(.escape)
        // The key bar offers “y copy” before the question, and y confirms.
        let bar = try #require(driver.rows.last)
        driver.type("d")
        let column = bar.distance(from: bar.startIndex, to: try #require(bar.firstRange(of: "y copy")).lowerBound)
        driver.send(.mouse(MouseEvent(.press, at: Position(row: 23, column: column))))
        #expect(driver.performed.isEmpty && driver.model.popups.count == 1)
    }

    @Test("The header reports an unavailable store or issuer until it is back")
    func trouble() throws {
        var driver = Driver(width: 120)
        driver.send(.storeFailed(StoreError(.unavailable, "The store is locked.")))
        #expect(driver.rows[1].contains("store unavailable"))
        driver.send(.time(Fixtures.now + .seconds(1)))
        #expect(!driver.rows[1].contains("unavailable"))

        driver.type("r")
        let lease = StoreError(.leased, "Another process is renewing it.")
        driver.end(.failure(SessionError(.transient, "Another process is renewing it.", cause: lease)))
        #expect(!driver.rows[1].contains("issuer"))

        driver.type("r")
        driver.end(.failure(SessionError(.transient, "No response.")))
        #expect(driver.rows[1].contains("issuer failing") && driver.screen.contains("No response."))
        let renewed = JournalEntry(
            position: 1, at: Fixtures.now, session: Fixtures.id(1), draft: .init(.renewed, actor: "server 7"))
        driver.send(.journaled(renewed))
        #expect(!driver.rows[1].contains("issuer") && !driver.screen.contains("No response."))

        driver.type("r")
        driver.end(.failure(SessionError(.transient, "No response.")))
        driver.type("r")
        driver.end(.success(try #require(driver.model.list.selected)))
        #expect(!driver.rows[1].contains("issuer"))
    }

    @Test("The log shows all sessions' events with request IDs, and can be filtered")
    func log() {
        var driver = Driver(width: 120)
        for (number, event) in [(1, JournalEntry.Event.renewed), (2, .refused)] {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: number, at: Fixtures.now, session: Fixtures.id(UInt8(number)),
                        draft: .init(event, actor: "server 7", requestID: "req-\(number)"))))
        }
        driver.type("l")
        #expect(driver.screen.contains("request req-1") && driver.screen.contains("request req-2"))
        driver.type("/REFUSED")
        driver.press(.enter)
        #expect(!driver.screen.contains("req-1") && driver.screen.contains("request req-2"))
    }

    @Test("An event costs about the same when the log is full: an import writes thousands a second")
    func fullLog() throws {
        var model = Driver().model
        func add(_ count: Int) -> Duration {
            ContinuousClock().measure {
                for number in 0..<count {
                    let id = SessionID()
                    let draft = JournalEntry.Draft(.set, actor: "import 7", outcome: "imported")
                    _ = update(
                        &model, .journaled(JournalEntry(position: number, at: Fixtures.now, session: id, draft: draft)))
                }
            }
        }
        let early = try #require((0..<5).map { _ in add(20) }.min())
        _ = add(1500)
        let late = try #require((0..<5).map { _ in add(20) }.min())
        #expect(late < early * 5, "\(late) after \(early)")
    }

    @Test("A long message is shown whole")
    func longMessage() {
        var driver = Driver()
        let end = "and this is its end"
        driver.send(.failed(String(repeating: "many words of it ", count: 10) + end))
        #expect(driver.screen.contains(end))
    }

    @Test("The view is restored at the next start")
    func remembered() throws {
        var driver = Driver()
        driver.press(.enter)
        driver.type("oot")
        let data = try JSONEncoder().encode(driver.model.remembered)
        let read = try JSONDecoder().decode(RememberedView.self, from: data)
        let model = Model(
            driver.model.options, remembered: read, size: driver.model.size, now: Fixtures.now)
        #expect(model.remembered == driver.model.remembered)
        #expect(model.list.sort.key == .created && model.times == .local && model.panes.open == .session)
    }

    @Test("ASCII mode draws only ASCII, in the same places")
    func ascii() {
        for keys in ["", "?", "d", "y", "l", ":"] {
            var driver = Driver(width: 100, height: 30)
            driver.press(.enter)
            driver.type(keys)
            let frame = InspectorView.frame(driver.model)
            #expect(frame.inASCII.text.utf8.allSatisfy { $0 < 0x80 })
            #expect(frame.inASCII.cells.count == frame.cells.count)
        }
        #expect(Set(SessionState.allCases.map(\.rawValue)).count == 8)
    }
}
