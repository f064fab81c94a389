import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import InspectorCore

@Suite("Key actions")
struct UpdateTests {
    private func selected(_ driver: Driver) -> String? { driver.model.list.selected?.label }

    @Test("g asks for a label and a count, and Enter requests the visitors from the issuer")
    func generate() {
        var driver = Driver()
        driver.type("gg")
        #expect(driver.performed.isEmpty && driver.screen.contains("Generate sessions"))
        driver.type(" cart")
        driver.press(.tab, .backspace, .character("3"), .enter)
        #expect(driver.performed.count == 3 && driver.model.popups.isEmpty)
        guard case .generate("g cart", nil) = driver.performed.last else {
            Issue.record("generated nothing")
            return
        }
    }

    @Test("The form refuses a wrong count and stays open")
    func wrongCount() {
        var driver = Driver()
        driver.type("g")
        driver.press(.down, .character("1"), .character("0"), .character("0"), .character("0"), .enter)
        #expect(driver.performed.isEmpty && driver.screen.contains("The count must be between 1 and 100"))
        driver.press(.backspace, .backspace, .enter)
        #expect(driver.model.jobs.jobs.first?.total == 10)
    }

    @Test("r renews the selected session, once at a time")
    func renew() {
        var driver = Driver()
        driver.type("rr")
        #expect(driver.performed.count == 1)
        #expect(driver.screen.contains("Still renewing. Try again in a moment."))
        guard let id = driver.model.list.selected?.id, case .renew(id) = driver.performed[0] else {
            Issue.record("renewed another session")
            return
        }
    }

    @Test(
        "d discards only after confirmation", arguments: [Key.enter, .escape, .character("d"), .character("n"), .tab])
    func keep(key: Key) {
        var driver = Driver()
        driver.type("d")
        driver.press(key)
        #expect(driver.performed.isEmpty)
        #expect(driver.model.popups.isEmpty)
    }

    @Test("d and y discard, and u restores")
    func discardAndUndo() throws {
        var driver = Driver()
        driver.type("dy")
        let operation = try #require(driver.performed.first)
        guard case .discard(let id) = operation else {
            Issue.record("did something else")
            return
        }
        let session = try #require(driver.sessions.first { $0.session.id == id }?.session)
        driver.end(.success(session))
        driver.type("u")
        guard case .restore(id) = driver.performed.last else {
            Issue.record("restored nothing")
            return
        }
    }

    /// Discards the selected session successfully.
    private func discard(_ driver: inout Driver) throws -> SessionID {
        let session = try #require(driver.model.list.selected)
        driver.type("dy")
        driver.end(.success(session))
        return session.id
    }

    /// Sets tokens on the selected session successfully. Returns it as it was before.
    private func setTokens(_ driver: inout Driver) throws -> OpenedSession {
        let id = try #require(driver.model.list.selected?.id)
        let opened = try #require(driver.sessions.first { $0.session.id == id })
        driver.type("s")
        driver.send(.paste("good"))
        driver.press(.enter)
        driver.end(.success(opened.session), previous: opened)
        return opened
    }

    @Test("The key bar and the line about marks offer D only for discarded sessions")
    func restoreOffered() {
        var gone = Fixtures.session(20, "gone", access: 400)
        gone.session.discardedAt = Fixtures.now - .seconds(3600)
        var driver = Driver([gone] + Fixtures.sessions, width: 120)
        #expect(driver.rows.last?.contains("D restore") == false)
        driver.type("/state:disc")
        driver.press(.enter)
        #expect(driver.rows.last?.contains("D restore") == true, "\(driver.screen)")
        driver.press(.character(" "))
        #expect(driver.screen.contains("1 marked: D restore  y copy"), "\(driver.screen)")
    }

    @Test("u after a set restores the previous tokens once")
    func undoSet() throws {
        var driver = Driver()
        let opened = try setTokens(&driver)
        driver.type("u")
        guard case .restoreTokens(let before, _, _) = driver.performed.last else {
            Issue.record("put nothing back")
            return
        }
        #expect(before.tokens == opened.tokens && before.session.id == opened.session.id)
        driver.end(.success(opened.session))
        driver.type("u")
        #expect(driver.screen.contains("Nothing to undo."))
    }

    @Test("If tokens that were just set are refused, the message says how to restore the previous ones")
    func refusedSet() throws {
        var driver = Driver()
        _ = try setTokens(&driver)
        driver.type("r")
        driver.end(.failure(SessionError(.refused, "Refused.")))
        #expect(driver.screen.contains("Refused. u restores the previous tokens."))
    }

    @Test("A failure names its session if another one is selected by now")
    func failureElsewhere() throws {
        var driver = Driver()
        let id = try #require(driver.model.list.selected?.id)
        driver.type("rj")
        driver.end(.failure(SessionError(.transient, "No response.")))
        #expect(driver.screen.contains("\(id.prefix(6)): No response."), "\(driver.screen)")
    }

    @Test("u restores the previous tokens also after the set ones were renewed")
    func undoSetAfterRenewal() throws {
        var driver = Driver()
        let opened = try setTokens(&driver)
        driver.type("r")
        driver.end(.success(opened.session))
        driver.type("u")
        guard case .undoSet(opened.session.id, isRedo: false) = driver.performed.last else {
            Issue.record("performed \(driver.performed)")
            return
        }
    }

    @Test("A renewal, also another process's, keeps what ^r redoes", arguments: [false, true])
    func redoSetAfterRenewal(isElsewhere: Bool) throws {
        var driver = Driver()
        let opened = try setTokens(&driver)
        driver.type("u")
        driver.end(.success(opened.session), previous: opened)
        if isElsewhere {
            let renewed = JournalEntry.Draft(.renewed, actor: "renew 7")
            driver.send(
                .journaled(JournalEntry(position: 1, at: Fixtures.now, session: opened.session.id, draft: renewed)))
        } else {
            driver.type("r")
            driver.end(.success(opened.session))
        }
        driver.press(.control("r"))
        guard case .undoSet(opened.session.id, isRedo: true) = driver.performed.last else {
            Issue.record("performed \(driver.performed)")
            return
        }
    }

    @Test("The key bar names the session that u changes if it isn't the selected one")
    func undoneSession() throws {
        var driver = Driver(width: 160)
        let opened = try setTokens(&driver)
        #expect(driver.rows.last?.contains("u undo set  ") == true)
        driver.type("j")
        #expect(driver.rows.last?.contains("u undo set \(opened.session.id.prefix(6))") == true, "\(driver.screen)")
    }

    @Test("Redoing a set restores its client, too")
    func redoSet() throws {
        var driver = Driver()
        let id = try #require(driver.model.list.selected?.id)
        let before = try #require(driver.sessions.first { $0.session.id == id })
        driver.type("s")
        driver.send(.paste("good"))
        driver.press(.enter)
        driver.end(.success(before.session), previous: before)
        var after = before
        after.session.clientID = "other"
        driver.type("u")
        driver.end(.success(before.session), previous: after)
        driver.press(.control("r"))
        guard case .restoreTokens(let restored, _, _) = driver.performed.last else {
            Issue.record("redid nothing")
            return
        }
        #expect(restored.session.clientID == "other")
        driver.end(.success(after.session), previous: before)
        #expect(driver.screen.contains("again. u restores the previous"))
        #expect(driver.model.jobs.undoSteps.count == 1)
    }

    @Test("^e opens the session's tokens, and keeps what was there if the saved file is empty")
    func externalEditor() {
        var driver = Driver()
        driver.type("s")
        driver.press(.control("e"))
        guard case .edit(let pair)? = driver.other.last else {
            Issue.record("opened nothing")
            return
        }
        driver.send(.edited(Secret("// The previous tokens:\n  // good\nunreadable")))
        #expect(driver.screen.contains("contains no tokens"))
        driver.send(.edited(Secret("// nothing but a comment")))
        #expect(driver.screen.contains("The file was empty. Nothing was changed."))
        driver.press(.control("e"))
        guard case .edit(let typed)? = driver.other.last else { return }
        #expect(pair.reveal() == "the pair" && typed.reveal() == "unreadable")
    }

    @Test("p asks which probe to send if there are several, and sends the only one at once")
    func probes() {
        for probes in [["cart"], ["cart", "orders"]] {
            var driver = Driver(probes: probes)
            driver.type("p")
            if probes.count > 1 {
                #expect(driver.screen.contains("Probe with"))
                driver.press(.down)
                driver.press(.enter)
            }
            guard case .probe(_, named: let name)? = driver.other.last else {
                Issue.record("sent nothing")
                return
            }
            #expect(name == probes.last)
        }
    }

    @Test("A text that isn't recognized is set as the chosen kind of token, after two questions")
    func setAnyway() {
        var driver = Driver()
        driver.type("s")
        driver.send(.paste("word"))
        driver.press(.enter)
        #expect(driver.performed.isEmpty && driver.screen.contains("Set it anyway?"))
        driver.press(.down)
        driver.press(.enter)
        driver.press(.enter)
        #expect(driver.performed.isEmpty)
        driver.type("y")
        guard case .set(let tokens, _, _, _)? = driver.performed.last else {
            Issue.record("set nothing")
            return
        }
        #expect(tokens.refreshToken?.value == Secret("word"))
    }

    @Test(
        "A restarted inspector undoes what the one before discarded or set, after a question", arguments: [true, false])
    func undoAfterRestart(isSet: Bool) throws {
        var driver = Driver()
        let session = driver.sessions[0].session
        driver.lastChange = LastChange(
            isSet ? .set : .discarded, at: Fixtures.now - .seconds(180), by: "set 4711", sessions: [session])
        driver.type("u")
        #expect(driver.performed.isEmpty)
        #expect(
            driver.screen.contains(isSet ? "Restore the previous tokens of this session?" : "Restore this session?"))
        #expect(driver.screen.contains("3 m ago by `set` (process 4711)"))
        driver.type("y")
        switch driver.performed.last {
        case .undoSet(session.id, isRedo: false)? where isSet: break
        case .restore(session.id)? where !isSet: break
        default: Issue.record("performed \(driver.performed)")
        }
        // A second u must not bring back what the first one undid.
        driver.end(.success(session))
        driver.lastChange = nil
        let count = driver.performed.count
        driver.type("u")
        #expect(driver.performed.count == count && driver.screen.contains("Nothing to undo."))
        driver.press(.control("r"))
        // Nothing is discarded without a question.
        if !isSet { driver.type("y") }
        switch driver.performed.last {
        case .undoSet(session.id, isRedo: true)? where isSet: break
        case .discard(session.id)? where !isSet: break
        default: Issue.record("performed \(driver.performed)")
        }
    }

    @Test("The key bar names what u undoes and ^r redoes, and a new change ends the redo")
    func redo() throws {
        var driver = Driver(width: 200)
        let id = try discard(&driver)
        let session = try #require(driver.sessions.first { $0.session.id == id }?.session)
        #expect(driver.rows.last?.contains("u undo discard") == true)
        driver.type("u")
        driver.end(.success(session))
        #expect(driver.screen.contains("^r redoes."))
        driver.press(.control("r"))
        #expect(driver.screen.contains("Discard this session?"))
        driver.type("y")
        guard case .discard(id) = driver.performed.last else {
            Issue.record("nothing is redone")
            return
        }
        driver.end(.success(session))
        driver.type("u")
        driver.end(.success(session))
        driver.type("ex")
        driver.press(.enter)
        driver.end(.success(session))
        driver.press(.control("r"))
        #expect(driver.screen.contains("Nothing to redo."))
    }

    @Test("After D, u discards the session again after a question, and ^r restores it once more")
    func restoredByKey() throws {
        var driver = Driver(width: 200)
        let id = try discard(&driver)
        let place = try #require(driver.sessions.firstIndex { $0.session.id == id })
        driver.sessions[place].session.discardedAt = Fixtures.now - .seconds(60)
        driver.type("/state:discarded")
        driver.press(.enter, .enter)
        driver.type("D")
        driver.end(.success(driver.sessions[place].session))
        #expect(driver.screen.contains("u discards it again."), "\(driver.screen)")
        #expect(driver.model.jobs.undoSteps.map(\.undoes) == [.restore])
        // The restored session may be hidden by a filter.
        driver.type("/nothing")
        driver.press(.enter)
        driver.type("u")
        let name = driver.sessions[place].session.shortName
        #expect(driver.screen.contains("Discard this session?") && driver.screen.contains(name), "\(driver.screen)")
        let count = driver.performed.count
        driver.type("n")
        #expect(driver.performed.count == count)
        driver.type("uy")
        #expect(driver.model.jobs.undoSteps.isEmpty)
        guard case .discard(id) = driver.performed.last else {
            Issue.record("performed \(driver.performed)")
            return
        }
        driver.end(.success(driver.sessions[place].session))
        driver.press(.control("r"))
        guard case .restore(id) = driver.performed.last else {
            Issue.record("performed \(driver.performed)")
            return
        }
    }

    @Test(
        "r asks before a session's tokens go to the issuer of --issuer in place of their own", arguments: [true, false])
    func otherIssuer(isOption: Bool) throws {
        var sessions = Fixtures.sessions
        for index in sessions.indices { sessions[index].session.issuer = "https://own.test" }
        var driver = Driver(
            sessions, width: 120, namedIssuer: NamedIssuer("https://named.test", isOption: isOption))
        let id = try #require(driver.model.list.selected?.id)
        driver.type("r")
        guard isOption else {
            guard case .renew(id) = driver.performed.last else {
                Issue.record("performed \(driver.performed)")
                return
            }
            return
        }
        #expect(driver.screen.contains("from https://own.test. They will be sent to https://named.test."))
        driver.type("n")
        #expect(driver.performed.isEmpty)
        driver.type("ry")
        guard case .renewFromNamedIssuer(id) = driver.performed.last else {
            Issue.record("performed \(driver.performed)")
            return
        }
    }

    @Test("Setting the tokens that the session has changes nothing, unless it was refused", arguments: [true, false])
    func sameTokens(isRefused: Bool) throws {
        var sessions = Array(Fixtures.sessions.prefix(1))
        if isRefused { sessions[0].session.refusedAt = Fixtures.now - .seconds(9) }
        var driver = Driver(sessions)
        driver.type("s")
        driver.send(.paste("same"))
        driver.press(.enter)
        #expect(driver.performed.isEmpty == !isRefused)
        #expect(driver.screen.contains("already has these tokens. Nothing was changed.") == !isRefused)
    }

    @Test("The key bar shows no keys that a popup or the prompt would take", arguments: ["d", "/", "y"])
    func barBelowPopup(key: Character) {
        var driver = Driver()
        #expect(driver.rows.last?.contains("g generate") == true)
        driver.press(.character(key))
        #expect(driver.rows.last?.trimmingCharacters(in: .whitespaces) == "", "\(driver.rows.last ?? "")")
        driver.press(.escape)
        #expect(driver.rows.last?.contains("g generate") == true)
    }

    @Test("The score stays beside the filter if there is room", arguments: [80, 46])
    func scoreBesideFilter(width: Int) throws {
        var driver = Driver(width: width)
        let id = try #require(driver.model.list.selected?.id)
        driver.send(
            .journaled(
                JournalEntry(position: 1, at: Fixtures.now, session: id, draft: .init(.renewed, actor: "server"))))
        driver.type("/cart")
        driver.press(.enter, .escape)
        driver.type("/a")
        driver.press(.enter)
        let row = try #require(driver.rows.first { $0.contains("clears") })
        #expect(row.contains("1 renewed") == (width == 80), "\(driver.screen)")
    }

    @Test("The log adds the ID to a label that several sessions have")
    func repeatedLabels() {
        var sessions = Array(Fixtures.sessions.prefix(3))
        for index in sessions.indices { sessions[index].session.label = index < 2 ? "bulk" : "single" }
        var driver = Driver(sessions, width: 120)
        for session in sessions.map(\.session) {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: 1, at: Fixtures.now, session: session.id, draft: .init(.renewed, actor: "server 7"))))
        }
        driver.type("l")
        for session in sessions.map(\.session) {
            let name = session.label == "bulk" ? "\(session.id.prefix(6)) bulk" : "  single"
            #expect(driver.rows.contains { $0.contains("\(name)") && $0.contains("renewed") }, "\(driver.screen)")
        }
    }

    @Test("Quotation marks hold a filter's text together, and a comma separates alternatives")
    func quotedFilter() {
        let quoted = SessionFilter(#"label:"visitor A" state:EXPIRED other"#)
        #expect(quoted.texts == [.init(.label, contains: ["visitor A"])])
        #expect(quoted.states == [.expired] && quoted.words == ["other"])
        #expect(SessionFilter(#""visitor A" !"b c""#).words == ["visitor A"])
        #expect(SessionFilter.invalidWords(#"label:"a b" state:Expird"#).map(\.word) == ["state:Expird"])
        #expect(SessionFilter(#"label:"open"#).texts == [.init(.label, contains: ["open"])])
        #expect(SessionFilter("cart,bearer,").texts == [.init(.any, contains: ["cart", "bearer"])])
        #expect(SessionFilter(#""cart,bearer" foo:a,b"#).words == ["cart,bearer", "foo:a,b"])
        #expect(SessionFilter(#"label:"a,b",c"#).texts == [.init(.label, contains: ["a,b", "c"])])
    }

    @Test("a says who renews the session if this inspector's issuer isn't its own")
    func otherScheduler() throws {
        var sessions = Array(Fixtures.sessions.prefix(1))
        sessions[0].session.issuer = "http://127.0.0.1:7"
        sessions[0].session.autoRenew = false
        var driver = Driver(sessions, width: 200)
        driver.type("a")
        driver.end(.success(sessions[0].session))
        #expect(driver.screen.contains("only while an inspector with --issuer http://127.0.0.1:7 is open"))
    }

    @Test("D restores any discarded session, and the details name the key")
    func restore() throws {
        var driver = Driver()
        let id = try #require(driver.model.list.selected?.id)
        let place = try #require(driver.sessions.firstIndex { $0.session.id == id })
        driver.sessions[place].session.discardedAt = Fixtures.now - .seconds(60)
        driver.type("/state:discarded")
        driver.press(.enter, .enter)
        #expect(driver.screen.contains("D restores it"))
        driver.type("d")
        #expect(driver.screen.contains("This session is discarded. D restores it.") && driver.model.popups.isEmpty)
        driver.type("D")
        guard case .restore(id) = driver.performed.last else {
            Issue.record("restored nothing")
            return
        }
    }

    @Test("Sessions in use can't be restored, and damaged ones can't be changed")
    func notRestorable() {
        var driver = Driver()
        driver.type("D")
        #expect(driver.screen.contains("Only discarded sessions can be restored"))
        driver.sessions[0].session.damage = "its tokens are sealed with an unknown key"
        driver.send(.storeChanged)
        let damaged = driver.sessions[0].session.id
        driver.press(.home)
        while driver.model.list.selected?.id != damaged { driver.press(.down) }
        for key in "sdear" {
            driver.type(String(key))
            #expect(driver.screen.contains("This session is damaged"), "\(key)")
        }
        #expect(driver.performed.isEmpty && driver.model.popups.isEmpty)
    }

    @Test("Another session's refresh token isn't set, and the preview names its holder")
    func taken() throws {
        var driver = Driver()
        driver.type("s")
        driver.send(.paste("taken"))
        let holder = try #require(driver.sessions.last?.session)
        #expect(driver.screen.contains("\(holder.id.prefix(6))") && driver.screen.contains("holds this refresh token"))
        driver.press(.enter)
        #expect(driver.performed.isEmpty && driver.model.popups.count == 1, "what was pasted is still there")
        driver.press(.control("u"))
        driver.send(.paste("good"))
        driver.press(.enter)
        #expect(driver.performed.count == 1)
    }

    @Test("One of several pasted sessions can be chosen")
    func choosesAmongSeveral() throws {
        var driver = Driver()
        driver.type("S")
        driver.send(.paste("two"))
        #expect(driver.screen.contains("SDK tokens on line 1") && driver.screen.contains("SDK tokens on line 2"))
        driver.press(.down)
        driver.press(.enter)
        #expect(driver.performed.isEmpty && driver.screen.contains("0:10:00"), "the preview of the second")
        driver.press(.enter)
        guard case .add(let tokens, _, _)? = driver.performed.first else {
            Issue.record("nothing was set")
            return
        }
        #expect(tokens == Fixtures.tokens(98, access: 600))
    }

    @Test("The preview of an access token alone warns that the session loses its refresh token")
    func accessTokenAlone() {
        var driver = Driver()
        driver.type("s")
        driver.send(.paste("half"))
        #expect(driver.screen.contains("The session would lose its own"))
        driver.press(.escape)
        driver.type("S")
        driver.send(.paste("half"))
        #expect(!driver.screen.contains("The session would lose its own"))
    }

    @Test("A message doesn't hide the filter and doesn't consume Esc")
    func filterBesideMessage() throws {
        var driver = Driver(width: 100)
        driver.type("/state:valid")
        driver.press(.enter)
        let session = try #require(driver.model.list.selected)
        driver.type("r")
        driver.end(.success(session))
        #expect(driver.screen.contains("Renewed \(session.id.prefix(6))"))
        #expect(driver.screen.contains("/ state:valid"))
        driver.press(.escape)
        #expect(driver.model.list.filterText.isEmpty)
    }

    @Test("A failed undo can be retried")
    func failedUndo() throws {
        var driver = Driver()
        _ = try discard(&driver)
        driver.type("u")
        driver.end(.failure(SessionError(.store, "The disk is full.")))
        driver.type("u")
        #expect(driver.performed.count == 3)
    }

    @Test("A pair that couldn't be stored is kept, and u stores it")
    func unstored() throws {
        var driver = Driver(width: 120)
        let tokens = Fixtures.tokens(60, access: 900)
        let error = SessionError(.store, "It could not be stored.", unstoredTokens: tokens)
        driver.press(.character("g"), .enter)
        driver.end(.failure(error))
        #expect(driver.screen.contains("u retries."))
        driver.type("u")
        guard case .add(tokens, "", nil) = driver.performed.last else {
            Issue.record("the pair is lost")
            return
        }
        let id = try #require(driver.model.list.selected?.id)
        driver.type("r")
        driver.end(.failure(error))
        driver.type("u")
        guard case .set(tokens, nil, id, nil) = driver.performed.last else {
            Issue.record("the pair is lost")
            return
        }
    }

    @Test("An impossible undo doesn't block earlier ones")
    func hopelessUndo() throws {
        var driver = Driver()
        let first = try discard(&driver)
        driver.press(.down)
        _ = try discard(&driver)
        driver.type("u")
        driver.end(.failure(SessionError(.unsuitable, "It is not discarded.")))
        driver.type("u")
        guard case .restore(first) = driver.performed.last else {
            Issue.record("the step before is out of reach")
            return
        }
    }

    @Test("Enter before the preview applies to the current paste, never the previous one")
    func quickEnter() {
        var driver = Driver()
        driver.type("s")
        driver.send(.paste("good"))
        driver.answersReadings = false
        driver.send(.paste(" and more"))
        driver.press(.enter)
        #expect(driver.performed.isEmpty)
        driver.answerReadings()
        #expect(driver.performed.isEmpty)
        #expect(driver.screen.contains("contains no tokens"))

        var other = Driver()
        other.type("s")
        other.answersReadings = false
        other.send(.paste("good"))
        other.press(.enter)
        other.answerReadings()
        #expect(other.performed.count == 1)
    }

    @Test("^c quits from anywhere, and q from a screen that is too small")
    func waysOut() {
        for keys in ["s", "/", "?", "d"] {
            var driver = Driver()
            driver.type(keys)
            driver.press(.control("c"))
            #expect(driver.hasQuit)
        }
        var small = Driver(width: 20, height: 5)
        small.type("dy")
        small.send(.paste("good"))
        #expect(small.performed.isEmpty && small.model.popups.isEmpty)
        small.type("q")
        #expect(small.hasQuit)
    }

    @Test("Counts advance by the second, and the store is queried once a minute")
    func countsGoOn() {
        let ends = (1...50).map { Fixtures.session(UInt8($0), "session \($0)", access: Double($0)) }
        var driver = Driver(ends, width: 120)
        let counts = driver.counts
        #expect(driver.screen.contains("50 expiring"))
        for second in 1...50 {
            driver.send(.time(Fixtures.now + .seconds(second)))
            #expect(driver.screen.contains("\(second) expired"))
        }
        #expect(driver.counts - counts <= 1, "the last end is the last that is known")
        driver.send(.time(Fixtures.now + .seconds(61)))
        #expect(driver.counts - counts <= 2)
    }

    @Test("Setting the clock back recounts the sessions")
    func clockSetBack() {
        let ends = (1...50).map { Fixtures.session(UInt8($0), "session \($0)", access: Double($0)) }
        var driver = Driver(ends, width: 120)
        driver.send(.time(Fixtures.now + .seconds(30)))
        #expect(driver.screen.contains("30 expired"))
        driver.send(.time(Fixtures.now + .seconds(10)))
        #expect(driver.screen.contains("10 expired"))
    }

    @Test("A screenful is loaded first, then its surroundings")
    func screenful() {
        var driver = Driver([])
        driver.windowLimit = 40
        driver.sessions = (1...200).map { Fixtures.session(UInt8($0), "session \($0)", access: 1000) }
        driver.send(.storeChanged)
        let height = driver.model.layout.listHeight
        for key in [Key.end, .home] {
            let before = driver.loads.count
            driver.press(key)
            #expect(driver.loads.dropFirst(before).map(\.margin) == [height, height * 4])
        }
        driver.press(.character("/"))
        let before = driver.loads.count
        driver.type("s")
        #expect(driver.loads.dropFirst(before).map(\.margin) == [height, height * 4])
    }

    @Test("A failed store is retried after a second, not before")
    func storeUnavailable() {
        var driver = Driver([])
        driver.send(.storeFailed(StoreError(.unavailable, "The store is locked.")))
        #expect(driver.screen.contains("The store is locked."))
        #expect(driver.model.nextTick == Fixtures.now + .seconds(1))
        driver.sessions = Fixtures.sessions
        driver.send(.time(Fixtures.now + .milliseconds(900)))
        #expect(driver.model.list.rows.isEmpty)
        driver.send(.time(Fixtures.now + .seconds(1)))
        #expect(driver.model.list.rows.count == Fixtures.sessions.count)
        #expect(!driver.screen.contains("The store is locked."))
    }

    @Test("A filter by state shows sessions that enter the state later")
    func waitingForState() throws {
        var driver = Driver([Fixtures.session(1, "one", access: 9000)])
        driver.type("/state:expired")
        driver.press(.enter)
        #expect(driver.model.list.rows.isEmpty)
        for _ in 0..<3 {
            driver.send(.time(try #require(driver.model.nextTick)))
        }
        driver.send(.time(Fixtures.now + .seconds(9000)))
        #expect(driver.model.list.rows.map(\.label) == ["one"])
    }

    @Test("s previews a paste, and Enter applies it")
    func set() {
        var driver = Driver()
        driver.type("s")
        driver.send(.paste("good"))
        driver.press(.enter)
        guard case .set(let tokens, nil, driver.model.list.selected?.id, nil) = driver.performed.last else {
            Issue.record("set nothing")
            return
        }
        #expect(tokens == Fixtures.tokens(99, access: 3000))
    }

    @Test("Tokens that lose something need confirmation, and replace only the known ones")
    func setWithLoss() {
        var driver = Driver()
        driver.type("s")
        driver.send(.paste("half"))
        #expect(driver.screen.contains("✖ This has no refresh token"))
        #expect(driver.screen.contains("Enter review"))
        driver.press(.enter)
        #expect(driver.performed.isEmpty)
        driver.type("n")
        #expect(driver.performed.isEmpty && driver.screen.contains("✖ This has no refresh token"))
        driver.press(.enter)
        driver.type("y")
        let id = driver.model.list.selected?.id
        guard case .set(let tokens, nil, id, let replaced) = driver.performed.last,
            replaced == driver.sessions.first(where: { $0.session.id == id })?.tokens
        else {
            Issue.record("set nothing, or in place of whatever is there")
            return
        }
        #expect(tokens.refreshToken == nil && driver.model.popups.isEmpty)
    }

    @Test("The preview says what was left out, and names a discarded holder")
    func setNotes() {
        var driver = Driver()
        driver.type("S")
        driver.send(.paste("discarded"))
        #expect(driver.screen.contains("refreshToken holds a placeholder"))
        #expect(driver.screen.contains("has the same tokens. D "))
    }

    @Test("Enter doesn't apply unrecognized text")
    func setGarbage() {
        var driver = Driver()
        driver.type("sxyz")
        driver.press(.enter)
        #expect(driver.performed.isEmpty)
        #expect(driver.screen.contains("contains no tokens"))
    }

    @Test("A paste outside an editor opens the token editor and never runs as keys")
    func strayPaste() {
        var driver = Driver()
        driver.send(.paste("dyQ"))
        #expect(driver.performed.isEmpty && !driver.hasQuit)
        guard case .setTokens? = driver.model.popups.last else {
            Issue.record("no editor was opened")
            return
        }
    }

    @Test("/ filters while typing, Enter keeps the filter, Esc clears it")
    func filter() {
        var driver = Driver()
        driver.type("/cart")
        #expect(driver.model.list.rows.map(\.label) == ["cart on mobile"])
        driver.press(.enter)
        #expect(driver.model.prompt == nil && driver.model.list.rows.count == 1)
        driver.press(.escape)
        #expect(driver.model.list.rows.count == Fixtures.sessions.count)
    }

    @Test("/state:expired lists expired sessions")
    func stateFilter() {
        var driver = Driver()
        driver.type("/state:expired")
        #expect(driver.model.list.rows.map(\.label) == ["night import"])
    }

    @Test("o and O sort, and the selection stays with its session")
    func sort() {
        var driver = Driver()
        driver.press(.down, .down)
        let before = selected(driver)
        driver.type("o")
        #expect(driver.model.list.sort == SessionSort(.refreshExpiry))
        #expect(selected(driver) == before)
        driver.type("O")
        #expect(driver.model.list.sort == SessionSort(.refreshExpiry, descending: true))
        #expect(selected(driver) == before)
    }

    @Test("The selection stays with its session when the order changes")
    func reorder() {
        var driver = Driver()
        driver.press(.down)
        let before = selected(driver)
        driver.sessions[3].session.accessExpiry = .at(Fixtures.now + .seconds(14400))
        driver.send(.storeChanged)
        #expect(selected(driver) == before)
    }

    @Test("When the selected session disappears, its neighbor is selected")
    func neighbor() {
        var driver = Driver()
        driver.press(.down)
        let gone = driver.model.list.selected?.id
        driver.press(.down)
        let neighbor = selected(driver)
        driver.press(.up)
        driver.sessions.removeAll { $0.session.id == gone }
        driver.send(.storeChanged)
        #expect(selected(driver) == neighbor)
    }

    @Test("Automatic renewal of marked sessions skips those that can't be renewed, and says so")
    func skipsRefused() throws {
        var driver = Driver(width: 120)
        let refused = try #require(driver.sessions.first { $0.session.refusedAt != nil }?.session.id)
        driver.type(" ")
        let isRefusedMarked = driver.model.list.marks.contains(refused)
        #expect(isRefusedMarked)
        driver.type("a")
        #expect(driver.screen.contains("None of the marked sessions can be renewed.") && driver.performed.isEmpty)
        driver.type("  a")
        #expect(driver.screen.contains("Turn on automatic renewal for 2 sessions?"), "\(driver.screen)")
        #expect(driver.screen.contains("1 other marked session can't be renewed automatically."))
    }

    @Test("Undoing a label names the label that is restored")
    func undoneLabel() throws {
        var driver = Driver(width: 120)
        let session = try #require(driver.model.list.selected)
        driver.press(.character("e"))
        driver.type("new")
        driver.press(.enter)
        var labeled = session
        labeled.label += "new"
        driver.end(.success(labeled))
        driver.type("u")
        driver.end(.success(session))
        #expect(driver.screen.contains("Restored the label of \(session.shortName)."), "\(driver.screen)")
    }

    @Test("A hint disappears with the next key")
    func hintGoes() {
        var driver = Driver()
        driver.type("U")
        #expect(driver.screen.contains("No sessions are marked."))
        driver.type(" ")
        #expect(!driver.model.list.marks.isEmpty && !driver.screen.contains("No sessions are marked."))
    }

    @Test("A key without an effect says so", arguments: ["B", "ö", "0"])
    func unknownKey(key: Character) {
        var driver = Driver()
        driver.press(.character(key))
        #expect(driver.screen.contains("“\(key)” does nothing here."))
    }

    @Test(
        "A read-only inspector refuses every change and says why", arguments: ["g", "r", "s", "S", "d", "u", "e", "a"])
    func readOnly(key: Character) {
        var driver = Driver(isReadOnly: true)
        driver.press(.character(key), .character("y"), .enter)
        #expect(driver.performed.isEmpty)
        #expect(driver.rows[0].contains("RO"))
    }

    @Test("q closes what is open, then quits; Q quits from anywhere")
    func quit() {
        var driver = Driver()
        driver.press(.enter)
        driver.type("q")
        #expect(!driver.hasQuit && driver.model.panes.open == nil)
        driver.type("q")
        #expect(driver.hasQuit)

        var other = Driver()
        other.type("?Q")
        #expect(other.hasQuit)
    }

    @Test("A failure is shown with its request ID")
    func failure() {
        var driver = Driver(width: 120)
        driver.type("r")
        driver.end(.failure(SessionError(.transient, "The issuer is busy.", requestID: "req-42")))
        #expect(driver.screen.contains("The issuer is busy. (request req-42)"))
    }

    @Test("Every key is in the help or its popup, and works without a crash")
    func keymap() {
        for focus in [Focus.list, .details, .history, .log] {
            for binding in Keymap.standard.bindings(in: focus) where !binding.keys.isEmpty {
                for key in binding.keys {
                    var driver = Driver(width: 140, height: 100)
                    if focus != .list { driver.press(focus == .log ? .character("l") : .tab) }
                    if focus == .history { driver.press(.tab) }
                    #expect(driver.model.focus == focus)
                    driver.type("?")
                    #expect(driver.screen.contains(binding.help))
                    driver.press(.escape, key)
                }
            }
        }
    }

    @Test("Random keys, pastes and sizes never discard without confirmation, and frames stay complete")
    func random() {
        var generator = SplitMix(state: 20_261_122)
        let keys =
            Keymap.standard.bindings.flatMap(\.keys) + [.left, .right, .backspace, .delete, .control("w"), .other]
        func discards(_ driver: Driver) -> Int {
            driver.performed.count { if case .discard = $0 { true } else { false } }
        }
        var driver = Driver()
        for _ in 0..<5000 {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                let size = Size(
                    width: .random(in: 1...200, using: &generator), height: .random(in: 1...60, using: &generator))
                driver.send(.resized(size))
            case 1: driver.send(.paste("pasted \u{1B}[31m text"))
            case 2: driver.send(.storeChanged)
            case 3:
                let place = Position(
                    row: .random(in: 0..<60, using: &generator), column: .random(in: 0..<200, using: &generator))
                driver.send(.mouse(MouseEvent(.press, at: place)))
            default:
                let key = keys.randomElement(using: &generator) ?? .other
                let isYes = key == .character("y") && driver.model.focus == .confirmation
                let before = discards(driver)
                driver.press(key)
                #expect(isYes || discards(driver) == before)
            }
            let frame = InspectorView.frame(driver.model)
            #expect(frame.cells.count == frame.size.width * frame.size.height)
            #expect(frame.cursor.row < frame.size.height && frame.cursor.column < frame.size.width)
        }
    }
}
