import Foundation
import Testing
import VisitorSessions

@testable import InspectorCore

@Suite("Edge cases of the inspector")
struct InspectorEdgeCaseTests {
    private static let page = String(repeating: "a page of text ", count: 7000)

    @Test(
        "pastes pages into a line, and loses nothing and no time", arguments: [["/"], ["e"], [":"], ["\r", "\t", "/"]])
    func pages(keys: [Character]) {
        var driver = Driver(width: 100)
        for key in keys {
            driver.press(key == "\r" ? .enter : key == "\t" ? .tab : .character(key))
        }
        driver.type("ab")
        driver.send(.paste(Self.page))
        #expect(driver.screen.contains("too long for this line"))
        #expect(!driver.screen.contains("page of text"))
        driver.send(.paste("cd"))
        #expect(driver.screen.contains("abcd"))
    }

    @Test("A hidden marked session is changed only after a confirmation that names it")
    func hiddenMarks() throws {
        var driver = Driver(width: 100)
        driver.press(.character(" "))
        let marked = try #require(driver.model.list.targets.first)
        driver.type("/night")
        driver.press(.enter)
        #expect(driver.screen.contains("1 hidden"))
        driver.type("r")
        #expect(driver.performed.isEmpty && driver.model.focus == .confirmation)
        #expect(driver.screen.contains(marked.label))
        driver.type("y")
        #expect(driver.performed.map(\.sessionID) == [marked.id])
    }

    @Test("Esc clears the filter, then the marks")
    func escape() {
        var driver = Driver()
        driver.press(.character(" "), .character(" "))
        driver.type("/cart")
        driver.press(.enter, .escape)
        #expect(driver.model.list.filterText.isEmpty && driver.model.list.marks.count == 2)
        driver.press(.escape)
        #expect(driver.model.list.marks.isEmpty)
    }

    @Test("Discarded sessions aren't discarded again, and sessions in use aren't restored")
    func twice() {
        var gone = Fixtures.session(20, "gone", access: 400)
        gone.session.discardedAt = Fixtures.now - .seconds(3600)
        var driver = Driver([gone] + Fixtures.sessions.prefix(2), width: 100)
        driver.type("/state:discarded state:valid state:expiring")
        driver.press(.enter, .home)
        for _ in 0..<3 { driver.press(.character(" ")) }
        driver.type("d")
        #expect(driver.screen.contains("Discard 2 sessions?"))
        #expect(driver.screen.contains("can't be discarded."))
        driver.press(.escape)
        driver.type("D")
        #expect(driver.performed.compactMap(\.sessionID) == [gone.session.id])
    }

    @Test("A match in wide characters is highlighted on both cells")
    func wideMatch() throws {
        var driver = Driver(width: 100)
        driver.type("/物")
        let frame = InspectorView.frame(driver.model)
        let row = try #require((0..<frame.size.height).first { frame.row($0).contains { $0.character == "物" } })
        let cells = Array(frame.row(row))
        let place = try #require(cells.firstIndex { $0.character == "物" })
        #expect(cells[place].style.role == .match && cells[place + 1].isContinuation)
        #expect(cells[place].style == cells[place + 1].style)
        #expect(cells[place + 2].style.role != .match)
    }

    @Test("The log follows new lines only from its end")
    func log() {
        var driver = Driver(width: 80, height: 24)
        func happen(_ number: Int) {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: number, at: Fixtures.now, session: Fixtures.id(1),
                        draft: .init(.renewed, actor: "server \(number)"))))
        }
        for number in 1...30 { happen(number) }
        driver.type("l")
        #expect(driver.screen.contains("server 30"))
        happen(31)
        #expect(driver.screen.contains("server 31"))
        driver.press(.up, .up, .up)
        happen(32)
        #expect(!driver.screen.contains("server 32"))
        driver.press(.end)
        happen(33)
        #expect(driver.screen.contains("server 33"))
    }

    @Test("A long event takes one line of the log, and Enter shows all of it")
    func longLine() {
        var driver = Driver(width: 60, height: 24)
        driver.send(
            .failed("The store is unavailable, because it was moved to another place, and that place is FAR."))
        driver.type("l")
        driver.press(.escape)
        #expect(driver.rows.filter { $0.contains("The store is unavailable") }.allSatisfy { $0.contains("…") })
        #expect(!driver.screen.contains("FAR."))
        driver.press(.enter)
        #expect(driver.screen.contains("FAR."))
    }

    @Test("Enter shows the selected event of the log with its full session ID")
    func eventDetails() {
        var driver = Driver(width: 100, height: 30)
        for number in 1...3 {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: number, at: Fixtures.now, session: Fixtures.id(UInt8(number)),
                        draft: .init(.failed, actor: "server 7", outcome: "The issuer is away (\(number))."))))
        }
        driver.type("lk")
        driver.press(.enter)
        #expect(driver.screen.contains("\(Fixtures.id(2)) “cart on mobile”"))
        #expect(driver.screen.contains("The issuer is away (2)."))
        driver.press(.escape)
        #expect(driver.model.panes.focus == .log)
    }

    @Test("A row flashes at its expiry, the log and the score tell, and the bell sounds if configured")
    func expiry() {
        var driver = Driver([Fixtures.session(1, "cart", access: 42)], width: 100, height: 30, bell: [.expired])
        let id = Fixtures.id(1)
        driver.send(.time(Fixtures.now + .seconds(41)))
        #expect(driver.model.list.flashes.isEmpty && !driver.hasRung)
        driver.send(.time(Fixtures.now + .seconds(42)))
        #expect(driver.model.list.flashes[id] != nil && driver.hasRung)
        driver.send(
            .journaled(
                JournalEntry(
                    position: 1, at: Fixtures.now + .seconds(42), session: id,
                    draft: .init(.expired, actor: "inspector 7"))))
        #expect(driver.screen.contains("since 08:00 · 0 renewed · 0 failed attempts · 1 expired"))
        for (position, event) in [(2, JournalEntry.Event.refused), (3, .lost)] {
            let entry = JournalEntry(
                position: position, at: Fixtures.now, session: id, draft: .init(event, actor: "run 7"))
            driver.send(.journaled(entry))
        }
        driver.press(.escape)
        #expect(driver.screen.contains("1 failed attempt ·"), "a lost visitor isn't a second failure: \(driver.screen)")
        driver.type("l")
        #expect(driver.screen.contains("cart  ○ expired"))
    }

    @Test("A token of unknown expiry doesn't look valid")
    func unknownExpiry() {
        var opened = Fixtures.session(1, "opaque", access: 42)
        opened.session.accessExpiry = .unknown
        let driver = Driver([opened], width: 100, height: 30)
        let row = driver.rows.first { $0.contains("opaque") } ?? ""
        #expect(row.contains("◌") && row.contains("unknown") && !row.contains("valid"))
    }

    @Test("Failures in a row stand in the list")
    func failures() {
        let driver = Driver([Fixtures.session(1, "one", access: 42) { $0.failures = 4 }], width: 100, height: 30)
        #expect(driver.screen.contains("expiring ✖4"))
    }

    @Test("The timeline fits what there is, and counts down with the rows")
    func timeline() {
        var driver = Driver(
            [Fixtures.session(1, "one", access: 42), Fixtures.session(2, "two", access: 100)], width: 120, height: 36)
        #expect(driver.screen.contains("next 2 m") && driver.screen.contains("2 access tokens expire"))
        driver.send(.time(Fixtures.now + .seconds(43)))
        #expect(driver.screen.contains("1 access token expires"))
    }

    @Test("Y copies again in the last form, from the session that is selected now")
    func copyAgain() {
        var driver = Driver(width: 120, height: 36)
        driver.type("Y")
        #expect(driver.screen.contains("Nothing copied yet."))
        driver.type("yhjY")
        #expect(driver.copied.map(\.form) == [.header, .header])
        #expect(
            driver.copied.map(\.sessions.first?.id) == [driver.model.list.rows[0].id, driver.model.list.rows[1].id])
    }

    @Test("The set editor shows what changes")
    func beforeAndAfter() {
        var driver = Driver([Fixtures.session(1, "one", access: 42)], width: 120, height: 36)
        driver.type("s")
        driver.send(.paste("good"))
        #expect(driver.screen.contains("0:00:42 → 0:50:00"))
    }

    @Test("A response's body is shown below its status, with its indentation, and can be searched")
    func probeBody() {
        var driver = Driver(width: 100, height: 30)
        driver.type("p")
        let notice = Notice(
            title: "Probe", lines: [.init("status", "200")],
            body: ["{", "  \"cart\" : {", "    \"id\" : 7", "  }", "}"])
        driver.send(.answered(notice, about: driver.sessions[0].session))
        #expect(driver.screen.contains("    \"id\" : 7"))
        driver.pressKeys("/ID⏎")
        #expect(driver.screen.contains("Probe / ID") && driver.screen.contains("    \"id\" : 7"))
        #expect(!driver.screen.contains("cart\" :") && !driver.screen.contains("200"))
        driver.press(.escape)
        #expect(driver.screen.contains("cart\" :"))
    }

    @Test("Vim's ways to quit quit, and a key's name finds its command")
    func vimHabits() {
        for command in ["q!", "x", "wq", "qa"] {
            var driver = Driver()
            driver.pressKeys(":\(command)⏎")
            #expect(driver.hasQuit, "\(command)")
        }
        var driver = Driver()
        driver.pressKeys(":w⏎")
        #expect(driver.model.panes.focus == .requests && driver.model.list.marks.isEmpty)
    }

    @Test("The number of sessions to generate starts empty, so that a digit isn't appended to a default")
    func typedCount() {
        var driver = Driver()
        driver.pressKeys("g↓5⏎")
        #expect(driver.model.jobs.jobs.last?.total == 5)
        driver.pressKeys("g⏎")
        #expect(driver.model.jobs.jobs.last?.total == 1)
    }

    @Test("While a state is typed the list stays, and values are offered")
    func offeredValues() {
        var driver = Driver(width: 120, height: 36)
        driver.type("/state:")
        #expect(driver.model.list.rows.count == 10 && driver.screen.contains("valid  expiring  expired"))
        driver.type("exp")
        #expect(driver.model.list.rows.count == 2 && driver.screen.contains("expiring  expired"))
    }

    @Test("Events of another day stand below their day")
    func days() {
        var driver = Driver(width: 100, height: 30)
        for days in [-1.0, 0] {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: 1, at: Fixtures.now.addingTimeInterval(days * 86400), session: Fixtures.id(1),
                        draft: .init(.renewed, actor: "server 7"))))
        }
        driver.type("l")
        let log = driver.rows.drop { !$0.contains("━ log ━") }.dropFirst().prefix(4)
        let words = log.map { $0.split(whereSeparator: { " ▌".contains($0) }).prefix(2).joined(separator: " ") }
        #expect(words == ["14 Jan", "08:00:00 checkout", "15 Jan", "08:00:00 checkout"])
    }

    @Test(
        "A filter that can't match suggests valid values",
        arguments: [
            ("state:foo", "Known values: valid, expiring"), ("auto:maybe", "Known values: on, off"),
            ("role:x", "visitor"), ("stat:valid", "Known filters: state:, role:"),
            ("refused", "Use state:refused to filter by state"),
        ])
    func filters(filter: String, hint: String) {
        var driver = Driver([], width: 120)
        driver.type("/\(filter)")
        #expect(driver.screen.contains(hint))
    }

    @Test("Alt and a letter is its own key, and moves by words in text")
    func alt() {
        var driver = Driver()
        driver.press(.alt("g"), .alt("x"), .alt("d"))
        #expect(driver.performed.isEmpty && driver.model.popups.isEmpty && driver.screen.contains("“Alt-d”"))
        driver.type("e")
        driver.press(.control("u"))
        driver.type("one two three")
        driver.press(.alt("b"), .alt("b"), .alt("d"), .enter)
        guard case .label(_, "one  three", _)? = driver.performed.last else {
            Issue.record("\(driver.performed)")
            return
        }
    }

    @Test("Automatic renewal can't be switched on for a session that can't be renewed")
    func neverRenewed() {
        var lone = Fixtures.session(20, "lone", access: 400)
        lone.session.refreshExpiry = .absent
        var driver = Driver([lone])
        driver.type("a")
        #expect(driver.performed.isEmpty && driver.screen.contains("no refresh token"))
        driver = Driver([Fixtures.sessions[5]])
        driver.type("a")
        #expect(driver.performed.isEmpty && driver.screen.contains("can't be renewed"))
    }

    @Test("An unavailable issuer is probed every 15 seconds, and its return is noticed")
    func issuerReturns() {
        var driver = Driver(width: 100)
        driver.press(.character("g"), .enter)
        driver.end(.failure(SessionError(.transient, "Connection refused.")))
        #expect(driver.screen.contains("issuer failing"))
        func checks() -> Int { driver.other.count { if case .checkIssuer = $0 { true } else { false } } }
        driver.send(.time(Fixtures.now + .seconds(14)))
        #expect(checks() == 0)
        driver.send(.time(Fixtures.now + .seconds(15)))
        driver.send(.time(Fixtures.now + .seconds(16)))
        #expect(checks() == 1)
        driver.send(.issuerResponded)
        #expect(!driver.screen.contains("issuer failing"))
        driver.send(.time(Fixtures.now + .seconds(120)))
        #expect(checks() == 1)
    }

    @Test("A missing client ID is asked for, for new visitors and for pasted tokens")
    func noClient() throws {
        var model = Model(
            InspectorOptions(store: "memory", hasClientID: false, keymap: .standard),
            size: Size(width: 100, height: 24), now: Fixtures.now
        )
        _ = model.start()
        func press(_ text: String) -> [Effect] { text.flatMap { update(&model, .key(.character($0))) } }
        _ = press("gabc")
        #expect(
            update(&model, .key(.enter)).isEmpty && InspectorView.frame(model).text.contains("A client ID looks like"))
        _ = update(&model, .key(.control("u")))
        let clientID = "11111111-2222-4333-8444-555555555555"
        _ = press(clientID)
        guard case .perform(.generate("", clientID), _)? = update(&model, .key(.enter)).first else {
            Issue.record("nothing is generated")
            return
        }
        // Pasted tokens are kept until the client ID is known. It is remembered.
        _ = press("S")
        let reading = update(&model, .paste("tokens"))
        guard case .read(_, _, let serial)? = reading.first else {
            Issue.record("nothing is read")
            return
        }
        let tokens = Fixtures.tokens(1, access: 60)
        _ = update(&model, .read(.success([TokenPreview(tokens: tokens, shape: "SDK tokens")]), serial: serial))
        _ = update(&model, .key(.enter))
        #expect(InspectorView.frame(model).text.contains(clientID))
        guard case .perform(.add(tokens, "", clientID), _)? = update(&model, .key(.enter)).first else {
            Issue.record("nothing is stored")
            return
        }
    }

    @Test("A typed client ID is saved in the profile on request, but only after the issuer has accepted it")
    func savesClientID() {
        var model = Model(
            InspectorOptions(store: "memory", hasClientID: false, clientIDProfile: "local", keymap: .standard),
            size: Size(width: 100, height: 24), now: Fixtures.now)
        _ = model.start()
        func press(_ text: String) { for character in text { _ = update(&model, .key(.character(character))) } }
        let clientID = "11111111-2222-4333-8444-555555555555"
        func generate(_ answer: String) -> [Effect] {
            press("g")
            if model.typedClientID.isEmpty { press(clientID) } else { _ = update(&model, .key(.tab)) }
            for _ in 0..<2 { _ = update(&model, .key(.tab)) }
            press(answer)
            return update(&model, .key(.enter))
        }
        #expect(generate("maybe").isEmpty && InspectorView.frame(model).text.contains("Type y to save"))
        _ = update(&model, .key(.control("u")))
        press("y")
        func finish(_ effects: [Effect], _ result: Result<VisitorSession, SessionError>) -> [String] {
            guard case .perform(let action, let job)? = effects.first else { return ["nothing is generated"] }
            return update(&model, .finished(Outcome(action, of: job, result))).compactMap {
                if case .saveClientID(let saved) = $0 { saved } else { nil }
            }
        }
        let effects = update(&model, .key(.enter))
        #expect(finish(effects, .failure(SessionError(.transient, "Busy."))).isEmpty)
        var session = Fixtures.session(1, "new", access: 60).session
        session.clientID = clientID
        #expect(finish(generate("n"), .success(session)).isEmpty)
        #expect(finish(generate("y"), .success(session)) == [clientID])
        _ = update(&model, .clientIDSaved)
        #expect(InspectorView.frame(model).text.contains("profile “local”"))
        press("g")
        #expect(!InspectorView.frame(model).text.contains("save ID"))
    }

    @Test("While a filter is searching, keys don't act on old rows, and a long search is shown")
    func impatient() {
        var driver = Driver(width: 100)
        let selected = driver.model.list.selected?.id
        driver.answersLoads = false
        driver.press(.character("/"))
        driver.type("role:member")
        driver.press(.enter)
        for key in ["d", "r", "y", " "] {
            driver.press(.character(Character(key)))
            #expect(
                driver.model.popups.isEmpty && driver.performed.isEmpty && driver.model.list.marks.isEmpty, "\(key)")
            #expect(driver.screen.contains("Still searching"), "\(key)")
        }
        driver.press(.escape)
        driver.type("/role:member")
        driver.press(.enter)
        driver.send(.time(Fixtures.now + .milliseconds(100)))
        #expect(!driver.screen.contains("searching…"))
        #expect(driver.model.nextTick.map { $0 <= Fixtures.now + .milliseconds(250) } == true)
        driver.send(.time(Fixtures.now + .milliseconds(300)))
        #expect(driver.screen.contains("searching…"))
        driver.answerLoads()
        #expect(!driver.screen.contains("searching…"))
        driver.press(.character("d"))
        #expect(driver.model.popups.count == 1 && driver.model.list.selected?.id != selected)
    }

    @Test("A filter typed while the store is unavailable isn't shown as searching")
    func filterWithoutStore() {
        var driver = Driver(width: 100)
        driver.storeError = StoreError(.unavailable, "The disk is full.")
        driver.type("/night")
        driver.press(.enter)
        driver.send(.time(Fixtures.now + .milliseconds(900)))
        #expect(!driver.screen.contains("searching") && driver.screen.contains("The disk is full."))
        driver.press(.character("d"))
        #expect(driver.model.popups.isEmpty && driver.screen.contains("The disk is full."))
        driver.storeError = nil
        driver.send(.time(Fixtures.now + .seconds(3)))
        driver.press(.character("d"))
        #expect(driver.model.popups.count == 1)
    }

    @Test("Until the end of the list is loaded, keys don't act on the old selection")
    func impatientJump() {
        var driver = Driver((1...60).map { Fixtures.session(UInt8($0), "\($0)", access: Double($0 * 60)) })
        driver.answersLoads = false
        driver.press(.end, .character("d"))
        #expect(driver.screen.contains("“60”"), "it is loaded")
        driver.press(.escape, .home)
        driver.answersLoads = true
        driver.windowLimit = 20
        driver.send(.storeChanged)
        driver.answersLoads = false
        driver.press(.end, .character("d"))
        #expect(driver.model.popups.isEmpty)
        driver.answerLoads()
        driver.press(.character("d"))
        #expect(driver.screen.contains("“60”"))
    }

    @Test("A long message doesn't cover the selected row")
    func longMessage() {
        var driver = Driver((1...60).map { Fixtures.session(UInt8($0), "\($0)", access: Double($0 * 60)) })
        driver.press(.end)
        // Gauges use the same character.
        let row = driver.rows.first { $0.hasPrefix(" ▌") }
        driver.press(.character("r"))
        let sentence = "The issuer refused the refresh token. "
        driver.end(.failure(SessionError(.refused, String(repeating: sentence, count: 5))))
        #expect(driver.screen.contains(sentence.dropLast()))
        #expect(row != nil && driver.rows.first { $0.hasPrefix(" ▌") } == row)
    }

    @Test("Esc clears the filter, as the hint says")
    func hintedEscape() {
        var driver = Driver()
        driver.press(.character("/"))
        driver.type("nothing like this")
        driver.press(.enter, .character("d"))
        #expect(driver.screen.contains("Esc clears it"))
        driver.press(.escape)
        #expect(driver.model.list.filterText.isEmpty)
    }
}
