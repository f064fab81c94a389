import Foundation
import Testing
import VisitorSessions

@testable import SQLiteSessions

@Suite(.timeLimit(.minutes(1)))
struct ChangeTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    @Test("Another store's change is reported within a second")
    func otherStore() async throws {
        let watcher = try place.open()
        let writer = try place.open()
        var changes = watcher.changes().makeAsyncIterator()
        // The fastest of them: the others may have waited for a busy machine.
        var quickest = Duration.seconds(60)
        for number in 0..<5 {
            let session = try await place.insert("\(number)", into: writer)
            let start = ContinuousClock.now
            #expect(await changes.next() != nil)
            quickest = min(quickest, ContinuousClock.now - start)
            #expect(try await watcher.session(session.id) == session)
        }
        #expect(quickest < .seconds(1))
    }

    @Test("A change between two subscriptions isn't missed")
    func betweenSubscriptions() async throws {
        let watcher = try place.open()
        let writer = try place.open()
        do {
            var changes = watcher.changes().makeAsyncIterator()
            try await place.insert("one", into: writer)
            #expect(await changes.next() != nil)
        }
        try await place.insert("two", into: writer)
        var changes = watcher.changes().makeAsyncIterator()
        #expect(await changes.next() != nil)
    }

    @Test("A read-only store reports changes")
    func readOnlyWatcher() async throws {
        let writer = try place.open()
        let watcher = try place.open(readOnly: true)
        var changes = watcher.changes().makeAsyncIterator()
        try await place.insert("one", into: writer)
        #expect(await changes.next() != nil)
    }

    @Test("Another process's change is reported")
    func otherProcess() async throws {
        let shell = URL(filePath: "/usr/bin/sqlite3")
        guard FileManager.default.isExecutableFile(atPath: shell.path) else { return }
        let watcher = try place.open()
        let session = try await place.insert("one", into: watcher)
        var changes = watcher.changes().makeAsyncIterator()
        let process = Process()
        process.executableURL = shell
        process.arguments = [place.url.path, "UPDATE session SET label = 'from outside', version = version + 1"]
        try process.run()
        #expect(await changes.next() != nil)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try await watcher.session(session.id)?.label == "from outside")
    }

    @Test("Two processes that create and write a store concurrently share it")
    func concurrentProcesses() async throws {
        let stores = [try place.open(), try place.open(), try place.open()]
        let place = place
        try await withThrowingTaskGroup { group in
            for store in stores {
                group.addTask {
                    for number in 0..<5 {
                        try await place.insert("\(ObjectIdentifier(store).hashValue) \(number)", into: store)
                    }
                }
            }
            try await group.waitForAll()
        }
        for store in stores {
            #expect(try await place.list(store).count == 15)
        }
    }

    @Test("Delays between checks start short, stay within a second, and end")
    func recheckSchedule() {
        var schedule = RecheckSchedule()
        var pauses: [Duration] = []
        while let pause = schedule.next(), pauses.count < 100 { pauses.append(pause) }
        #expect(pauses.first == .milliseconds(25))
        #expect(pauses.allSatisfy { $0 < .seconds(1) })
        #expect(pauses.reduce(.zero, +) > .seconds(5))
        #expect(pauses.count < 20)
        schedule.restart()
        #expect(schedule.next() == .milliseconds(25))
    }

    @Test("Change streams end with their store")
    func streamsEnd() async throws {
        var store: SQLiteSessionStore? = try place.open()
        let changes = try #require(store?.changes())
        store = nil
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next() == nil)
    }
}
