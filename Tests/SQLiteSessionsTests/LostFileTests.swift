import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

@Suite("A database file that goes away under an open store", .timeLimit(.minutes(1)))
struct LostFileTests {
    private let place: TemporaryStore
    private var folder: URL { place.url.deletingLastPathComponent() }
    private var elsewhere: URL { place.folder.appending(path: "elsewhere") }

    init() throws {
        place = try TemporaryStore()
    }

    @Test("Nothing is written to a file that was deleted, and the error says what to do")
    func deleted() async throws {
        let store = try place.open()
        try await place.insert("before", into: store)
        try FileManager.default.removeItem(at: folder)
        let error = await #expect(throws: StoreError.self) { try await place.insert("after", into: store) }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("moved or deleted") == true)
        await #expect(throws: StoreError.self) { try await place.list(store) }
        #expect(!place.exists(place.url))
    }

    @Test("A write that waited for the lock while the file went away is undone")
    func deletedMeanwhile() async throws {
        let store = try place.open()
        await #expect(throws: StoreError.self) {
            try await store.database.write { [folder, elsewhere] db in
                try db.execute(sql: "DELETE FROM session")
                try FileManager.default.moveItem(at: folder, to: elsewhere)
            }
        }
    }

    @Test("A file that is put back is used again, with all that it holds")
    func putBack() async throws {
        let store = try place.open()
        let session = try await place.insert("kept", into: store)
        try FileManager.default.moveItem(at: folder, to: elsewhere)
        await #expect(throws: StoreError.self) { try await store.session(session.id) }
        try FileManager.default.moveItem(at: elsewhere, to: folder)
        #expect(try await store.session(session.id) == session)
        try await place.insert("more", into: store)
        #expect(try await place.list(store).count == 2)
    }

    @Test("Another store in its place is opened, and neither is written to for the other")
    func replaced() async throws {
        let store = try place.open()
        try await place.insert("old", into: store)
        try FileManager.default.moveItem(at: folder, to: elsewhere)
        try await place.insert("new", into: try place.open())
        #expect(try await place.list(store).map(\.label) == ["new"])
        try await place.insert("newer", into: store)
        #expect(try await Set(place.list(try place.open()).map(\.label)) == ["new", "newer"])
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.moveItem(at: elsewhere, to: folder)
        #expect(try await place.list(store).map(\.label) == ["old"])
    }

    @Test("A file of another program in its place is refused, and left as it is")
    func foreign() async throws {
        let store = try place.open()
        try FileManager.default.moveItem(at: folder, to: elsewhere)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let text = Data("not a database".utf8)
        try text.write(to: place.url)
        let error = await #expect(throws: StoreError.self) { try await place.insert("x", into: store) }
        #expect(error?.kind == .unusable)
        #expect(try Data(contentsOf: place.url) == text)
    }

    @Test("Whoever watches hears of the loss, and of what comes after it")
    func watched() async throws {
        let store = try place.open()
        var changes = store.changes().makeAsyncIterator()
        try FileManager.default.moveItem(at: folder, to: elsewhere)
        #expect(await changes.next() != nil)
        await #expect(throws: StoreError.self) { try await place.list(store) }
        let other = try place.open()
        // Of the new file, and of the first commit that is made to it.
        #expect(await changes.next() != nil)
        try await place.insert("by another process", into: other)
        while try await place.list(store).isEmpty { _ = await changes.next() }
    }
}
