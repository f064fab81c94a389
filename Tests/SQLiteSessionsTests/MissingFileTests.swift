import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

@Suite("A database file that disappears while its store is open", .timeLimit(.minutes(1)))
struct MissingFileTests {
    private let place: TemporaryStore
    private var folder: URL { place.url.deletingLastPathComponent() }
    private var elsewhere: URL { place.folder.appending(path: "elsewhere") }

    init() throws {
        place = try TemporaryStore()
    }

    @Test("Nothing is written to a deleted file, and the error says what to do")
    func deleted() async throws {
        let store = try place.open()
        try await place.insert("before", into: store)
        try FileManager.default.removeItem(at: folder)
        let error = await #expect(throws: StoreError.self) { try await place.insert("after", into: store) }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("moved or deleted") == true)
        #expect(error?.message.contains("-wal") == true)
        await #expect(throws: StoreError.self) { try await place.list(store) }
        #expect(!place.exists(place.url))
    }

    @Test("A write that waited for the lock while the file was deleted is rolled back")
    func deletedMeanwhile() async throws {
        let store = try place.open()
        await #expect(throws: StoreError.self) {
            try await store.database.write { [folder, elsewhere] db in
                try db.execute(sql: "DELETE FROM session")
                try FileManager.default.moveItem(at: folder, to: elsewhere)
            }
        }
    }

    @Test("A restored file is used again with all its data")
    func restored() async throws {
        let store = try place.open()
        let session = try await place.insert("kept", into: store)
        try FileManager.default.moveItem(at: folder, to: elsewhere)
        await #expect(throws: StoreError.self) { try await store.session(session.id) }
        try FileManager.default.moveItem(at: elsewhere, to: folder)
        #expect(try await store.session(session.id) == session)
        try await place.insert("more", into: store)
        #expect(try await place.list(store).count == 2)
    }

    @Test("A store that replaces the file is opened, and neither is written in place of the other")
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

    @Test("No store is created beside a previous store's log, even while that store is open")
    func leftoverLog() async throws {
        let before = try place.open()
        try await place.insert("before", into: before)
        let moved = folder.appending(path: "moved.sqlite")
        try FileManager.default.moveItem(at: place.url, to: moved)
        let files = try place.files()
        let error = #expect(throws: StoreError.self) { try place.open() }
        #expect(error?.kind == .unusable)
        #expect(error?.message.contains("sessions.sqlite-wal and sessions.sqlite-shm beside it") == true)
        #expect(try place.files() == files)

        // The error's advice leads to an empty store, and to the previous one with all its data.
        for suffix in ["-wal", "-shm"] {
            try FileManager.default.moveItem(atPath: place.url.path + suffix, toPath: moved.path + suffix)
        }
        let new = try place.open()
        try await place.insert("new", into: new)
        #expect(try await place.list(new).map(\.label) == ["new"])
        #expect(try await new.integrityCheck() == [])
        let opener = StoreOpener(url: moved, source: place.key, readOnly: true, busyTimeout: .seconds(10))
        let old = try SQLiteSessionStore.open(opener)
        #expect(try await place.list(old).map(\.label) == ["before"])
    }

    @Test("Any companion file of a missing database counts as left over", arguments: ["-journal", "-wal", "-shm"])
    func leftover(suffix: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        try Data().write(to: URL(filePath: place.url.path + suffix))
        let error = #expect(throws: StoreError.self) { try place.open() }
        #expect(error?.message.contains("sessions.sqlite\(suffix) beside it") == true)
        #expect(!place.exists(place.url))
    }

    @Test("A symbolic link is followed to a created store and to a leftover log")
    func link() async throws {
        let link = place.folder.appending(path: "link.sqlite")
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: false)
        try files.createSymbolicLink(atPath: link.path, withDestinationPath: "state/sessions.sqlite")
        let opener = StoreOpener(url: link, source: place.key, readOnly: false, busyTimeout: .seconds(10))
        let store = try SQLiteSessionStore.open(opener)
        let session = try await place.insert("linked", into: store)
        #expect(try await place.open().session(session.id) == session)
        try files.removeItem(at: place.url)
        let error = #expect(throws: StoreError.self) { try SQLiteSessionStore.open(opener) }
        #expect(error?.message.contains("sessions.sqlite-wal") == true)
        #expect(!place.exists(place.url))
    }

    @Test("The log of a store just created by another process isn't left over")
    func createdMeanwhile() async throws {
        let store = try place.open()
        let session = try await place.insert("theirs", into: store)
        try StoreOpener(url: place.url, source: place.key, readOnly: false, busyTimeout: .seconds(10)).create()
        #expect(try await place.open().session(session.id) == session)

        // Nor is the store replaced if it has no log yet.
        _ = try await store.checkpoint()
        let copy = place.folder.appending(path: "copy.sqlite")
        try FileManager.default.copyItem(at: place.url, to: copy)
        let opener = StoreOpener(url: copy, source: place.key, readOnly: false, busyTimeout: .seconds(10))
        try opener.create()
        #expect(try await place.list(SQLiteSessionStore.open(opener)).map(\.id) == [session.id])
    }

    @Test("A database that replaces an open store beside its log isn't opened")
    func leftoverLogOfOpenStore() async throws {
        let other = TemporaryStore.tokens("other")
        let copy = place.folder.appending(path: "copy.sqlite")
        let store = try place.open()
        _ = try await store.checkpoint()
        try FileManager.default.copyItem(at: place.url, to: copy)
        let session = try await place.insert("kept", into: store)
        try FileManager.default.moveItem(at: place.url, to: elsewhere)
        try FileManager.default.moveItem(at: copy, to: place.url)
        let bytes = try Data(contentsOf: place.url)
        let error = await #expect(throws: StoreError.self) {
            try await store.update(session, tokens: other, entry: nil)
        }
        #expect(error?.message.contains("log is still beside it") == true)
        #expect(try Data(contentsOf: place.url) == bytes)
        try FileManager.default.removeItem(at: place.url)
        try FileManager.default.moveItem(at: elsewhere, to: place.url)
        #expect(try await store.session(session.id) == session)
    }

    @Test("Another program's file in its place is refused and left unchanged")
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

    @Test("A change stream reports the loss and later changes")
    func watched() async throws {
        let store = try place.open()
        var changes = store.changes().makeAsyncIterator()
        try FileManager.default.moveItem(at: folder, to: elsewhere)
        #expect(await changes.next() != nil)
        await #expect(throws: StoreError.self) { try await place.list(store) }
        let other = try place.open()
        // The new file, and its first commit.
        #expect(await changes.next() != nil)
        try await place.insert("by another process", into: other)
        while try await place.list(store).isEmpty { _ = await changes.next() }
    }
}
