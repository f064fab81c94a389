import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

struct AvailabilityTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    @Test("While another program writes, writes fail as unavailable and reads succeed; afterwards both succeed")
    func lockedByWriter() async throws {
        let store = try place.open(busyTimeout: .milliseconds(50))
        let session = try await place.insert("before", into: store)
        let other = try place.otherProgram()
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: StoreError.self) { try await place.insert("during", into: store) }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("locked") == true)
        #expect(try await store.session(session.id) == session)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try await place.insert("after", into: store)
        #expect(try await place.list(store).count == 2)
    }

    @Test("While another program has locked the database exclusively, opening fails as unavailable")
    func exclusivelyLocked() throws {
        _ = try place.open()
        let other = try place.otherProgram()
        try other.inDatabase { db in
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; CREATE TABLE x (y); ROLLBACK")
        }
        let error = #expect(throws: StoreError.self) { try place.open(busyTimeout: .milliseconds(50)) }
        #expect(error?.kind == .unavailable)
    }

    @Test("Writing to a full disk fails as full and changes nothing")
    func fullDisk() async throws {
        let store = try place.open()
        let session = try await place.insert("before", into: store)
        // SQLite's own limit gives the same code as a full disk.
        try await store.database.write { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        let long = Tokens(accessToken: AccessToken(Secret(String(repeating: "x", count: 100_000)), expiresAt: nil))
        let error = await #expect(throws: StoreError.self) {
            try await store.update(session, tokens: long, entry: nil)
        }
        #expect(error?.kind == .full)
        #expect(error?.message.contains("is full") == true)
        #expect(try await store.opened(session.id)?.session == session)
    }

    @Test("A read-only store reads, sees other stores' writes and refuses to write")
    func readOnly() async throws {
        let writer = try place.open()
        let session = try await place.insert("one", into: writer)
        let reader = try place.open(readOnly: true)
        #expect(reader.isReadOnly)
        #expect(!writer.isReadOnly)
        #expect(try await reader.opened(session.id)?.session == session)
        let second = try await place.insert("two", into: writer)
        #expect(try await reader.session(second.id) == second)
        for write in [
            { _ = try await place.insert("three", into: reader) },
            { _ = try await reader.update(session, tokens: nil, entry: nil) },
            { _ = try await reader.lease(session, to: "me", for: .seconds(1), within: nil) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: StoreError.self) { try await write() }
            #expect(error?.kind == .readOnly)
        }
        #expect(try await place.list(writer).count == 2)
    }

    @Test("Opening a closed store read-only changes none of its bytes", .timeLimit(.minutes(1)))
    func readOnlyChangesNothing() async throws {
        do { try await place.insert("one", into: place.open()) }
        // The last connection closes shortly after the store, and deletes the log.
        while FileManager.default.fileExists(atPath: place.url.path + "-wal"), !Task.isCancelled { await Task.yield() }
        let before = try Data(contentsOf: place.url)
        do {
            let reader = try place.open(readOnly: true)
            #expect(try await place.list(reader).count == 1)
        }
        #expect(try Data(contentsOf: place.url) == before)
        let store = try place.open()
        try await place.insert("two", into: store)
    }

    @Test("A closed store can be read where SQLite can't create companion files, with special characters in its path")
    func immutable() async throws {
        // A test can't mount a read-only file system: this is the path that would be opened on one.
        let url = place.folder.appending(path: "with space & 100%?#/s.sqlite")
        let key = SealingKeySource.key(SealingKey())
        _ = try SQLiteSessionStore.open(at: url, key: key)
        let folder = StoreFolder(url: url)
        #expect(folder.immutablePath.hasSuffix("?immutable=1"))
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: folder.immutablePath, configuration: configuration)
        let version = try await database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        #expect(version == Int(Schema.currentVersion))
        #expect(!FileManager.default.fileExists(atPath: url.path + "-shm"))
    }

    @Test("A connection that may not write fails as read only")
    func queryOnly() async throws {
        // Root ignores file modes, so SQLite's own switch stands in for them.
        let store = try place.open()
        try await store.database.write { try $0.execute(sql: "PRAGMA query_only = 1") }
        let error = await #expect(throws: StoreError.self) { try await place.insert("one", into: store) }
        #expect(error?.kind == .readOnly)
    }

    @Test("A folder that can't be created gives a clear error")
    func uncreatableFolder() throws {
        let file = place.folder.appending(path: "file")
        try Data("x".utf8).write(to: file)
        let opener = StoreOpener(
            url: file.appending(path: "sessions.sqlite"), source: .key(SealingKey()), readOnly: false,
            busyTimeout: .milliseconds(50))
        let error = #expect(throws: StoreError.self) { try opener.open() }
        #expect(error?.kind == .uncreatable)
        #expect(error?.message.hasSuffix(".") == true)
    }

    @Test("A cancelled read fails as unavailable")
    func cancelledRead() async throws {
        let store = try place.open()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.counts(at: Date(), policy: SessionPolicy())
        }
        let error = await #expect(throws: StoreError.self) { try await task.value }
        #expect(error?.kind == .unavailable)
    }

    @Test(
        "Every SQLite error code has a kind and a message",
        arguments: [
            (ResultCode.SQLITE_BUSY, StoreError.Kind.unavailable), (.SQLITE_BUSY_SNAPSHOT, .unavailable),
            (.SQLITE_LOCKED, .unavailable), (.SQLITE_FULL, .full), (.SQLITE_IOERR, .unavailable),
            (.SQLITE_INTERRUPT, .unavailable), (.SQLITE_READONLY, .readOnly), (.SQLITE_PERM, .readOnly),
            (.SQLITE_READONLY_DBMOVED, .readOnly), (.SQLITE_CORRUPT, .unusable), (.SQLITE_NOTADB, .unusable),
            (.SQLITE_CANTOPEN, .unusable), (.SQLITE_ERROR, .unusable),
        ])
    func maps(_ code: ResultCode, _ kind: StoreError.Kind) {
        let error = StoreError(sqlite: DatabaseError(resultCode: code, message: "m", sql: "SELECT 'secret'"))
        #expect(error.kind == kind)
        #expect(error.message.hasSuffix("."))
        #expect(!String(reflecting: error).contains("secret"))
        #expect(error.detail?.contains("\(code.rawValue)") == true)
    }
}
