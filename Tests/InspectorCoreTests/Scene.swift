import Foundation
import InspectorCore
import VisitorSessions

/// A situation to show, and how to get there.
struct Scene: Sendable, CustomStringConvertible {
    var name: String
    var sessions = Fixtures.sessions
    var isReadOnly = false
    var keys = ""
    var play: @Sendable (inout Driver) -> Void = { _ in }

    var description: String { name }

    /// Screens that are too small start larger, so that keys work.
    func frame(at size: Size) -> Frame {
        var driver = Driver(
            sessions, width: max(size.width, 40), height: max(size.height, 10), isReadOnly: isReadOnly)
        driver.pressKeys(keys)
        play(&driver)
        driver.send(.resized(size))
        return InspectorView.frame(driver.model)
    }

    static let all = panes + popups + messages + lists

    private static let panes = [
        Scene(name: "list"),
        Scene(name: "details", keys: "↓⏎"),
        Scene(name: "details-focus", keys: "⇥<"),
        Scene(name: "details-zoom", keys: "⇥z"),
        Scene(name: "details-damaged", keys: ">↑↑↑↑⏎"),
        Scene(name: "reveal", keys: "x"),
        Scene(name: "search", keys: "⇥/client⏎"),
        Scene(name: "history", keys: "⇥⇥"),
        Scene(name: "log") { driver in
            happenings(&driver)
            driver.type("l")
        },
        Scene(name: "log-filter") { driver in
            happenings(&driver)
            driver.pressKeys("l/refused⏎")
        },
        Scene(name: "log-empty", keys: "l"),
        Scene(name: "requests") { driver in
            driver.makeLive()
            driver.pressKeys("w")
        },
    ]

    private static let popups = [
        Scene(name: "set", keys: "s"),
        Scene(name: "set-preview", keys: "s") { $0.send(.paste("good")) },
        Scene(name: "set-several", keys: "S") { $0.send(.paste("two")) },
        Scene(name: "set-not-understood", keys: "S") { $0.send(.paste(String(repeating: "xyz ", count: 30))) },
        Scene(name: "label", keys: "e"),
        Scene(name: "generate", keys: "g"),
        Scene(name: "copy", keys: "y"),
        Scene(name: "copy-claims", keys: "⏎ym"),
        Scene(name: "discard", keys: "d"),
        Scene(name: "discard-many", keys: "v>d"),
        Scene(name: "renew-many", keys: "  r"),
        Scene(name: "palette", keys: ":re"),
        Scene(name: "palette-none", keys: ":teleport"),
        Scene(name: "columns", keys: "cj "),
        Scene(name: "sort-menu", keys: ":sort⏎j"),
        Scene(name: "help-filter", keys: "?/mark"),
        Scene(name: "help", keys: "?"),
        Scene(name: "help-end", keys: "?>"),
        Scene(name: "answer") { driver in
            driver.type("i")
            let lines: [Notice.Line] = [
                .init("active", "yes"), .init("subject", "VISITOR"), .init("expires", "2027-01-15T08:12:41Z"),
                .init("client", Fixtures.clientID),
            ]
            driver.send(
                .answered(Notice(title: "Token info for de0606", lines: lines), about: driver.sessions[5].session))
        },
        Scene(name: "summary") { driver in
            driver.pressKeys("   ry")
            for place in 0..<2 {
                driver.end(
                    .failure(SessionError(.transient, "The issuer isn't responding. Try again.", requestID: "r-9")),
                    at: place)
            }
            driver.end(.success(driver.sessions[0].session), at: 2)
        },
    ]

    private static let messages = [
        Scene(name: "toast-done") { driver in
            driver.type("r")
            driver.end(.success(driver.sessions[0].session))
        },
        Scene(name: "toast-failure") { driver in
            driver.type("r")
            driver.end(
                .failure(
                    SessionError(
                        .transient,
                        "The issuer responded with status 503. The session is unchanged; try again later.",
                        requestID: "1700000000.123456789")))
        },
        Scene(name: "toast-hint", keys: "U"),
        Scene(name: "unknown-key", keys: "B"),
        Scene(name: "progress", keys: "      ry"),
        Scene(name: "budget") { driver in
            driver.budgetUsedUntil = Fixtures.now + .seconds(4)
            driver.send(.storeChanged)
        },
        Scene(name: "issuer-away") { driver in
            driver.type("r")
            driver.end(.failure(SessionError(.transient, "No response from 127.0.0.1.")))
            driver.send(.time(Fixtures.now + .seconds(20)))
        },
        Scene(name: "store-error") { driver in
            driver.storeError = StoreError(
                .unavailable, "Another program has locked the store. Try again when it finishes.")
            driver.send(.storeChanged)
        },
        Scene(name: "read-only", isReadOnly: true, keys: "d"),
        Scene(name: "freeze", keys: "f") { $0.send(.time(Fixtures.now + .seconds(6))) },
    ]

    private static let lists = [
        Scene(name: "marks", keys: " ↓ v↓"),
        Scene(name: "filter-typing", keys: "/cart"),
        Scene(name: "filter-kept", keys: "/re⏎"),
        Scene(name: "filter-none", keys: "/nothing like it⏎"),
        Scene(name: "empty", sessions: []),
        Scene(name: "empty-read-only", sessions: [], isReadOnly: true),
        Scene(name: "by-label", keys: "oooot") { $0.send(.time(Fixtures.now + .seconds(6))) },
        Scene(name: "auto", sessions: [Fixtures.session(1, "kept alive", access: 400) { $0.autoRenew = true }]),
    ]

    private static func happenings(_ driver: inout Driver) {
        for (number, event) in [JournalEntry.Event.generated, .renewed, .refused, .labeled].enumerated() {
            driver.send(
                .journaled(
                    JournalEntry(
                        position: number, at: Fixtures.now.addingTimeInterval(Double(number)),
                        session: Fixtures.id(UInt8(number + 1)),
                        draft: .init(
                            event, actor: "server 7", requestID: number == 2 ? "req-\(number)" : nil,
                            duration: number < 3 ? .milliseconds(12) : nil))))
        }
    }
}

extension Driver {
    /// Presses characters and `⏎ ⇥ ↑ ↓ ⎋`.
    mutating func pressKeys(_ keys: String) {
        for key in keys {
            switch key {
            case "⏎": press(.enter)
            case "⇥": press(.tab)
            case "↑": press(.up)
            case "↓": press(.down)
            case "⎋": press(.escape)
            default: press(.character(key))
            }
        }
    }
}
