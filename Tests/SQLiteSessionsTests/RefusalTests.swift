import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// Files that are refused and left unchanged.
struct RefusalTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
        try FileManager.default.createDirectory(
            at: place.url.deletingLastPathComponent(), withIntermediateDirectories: true)
    }

    /// Expects that opening fails as `kind` in both modes and changes nothing.
    private func requireRefusal(
        _ kind: StoreError.Kind, saying words: String, key: SealingKeySource? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        // SQLite's companion files come and go; only their content counts.
        func contents() throws -> [String: Data] {
            try place.files().filter { path, bytes in
                !path.hasSuffix("-shm") && (!path.hasSuffix("-wal") || !bytes.isEmpty)
            }
        }
        let before = try contents()
        for readOnly in [false, true] {
            let error = #expect(throws: StoreError.self, sourceLocation: location) {
                try place.open(readOnly: readOnly, key: key)
            }
            #expect(error?.kind == kind, sourceLocation: location)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: location)
            #expect(try contents() == before, sourceLocation: location)
        }
    }

    /// Changes the closed database as another program would.
    private func alter(_ sql: String) throws {
        let database = try DatabaseQueue(path: place.url.path)
        try database.inDatabase { try $0.execute(sql: sql) }
        try database.close()
    }

    @Test(
        "A file that isn't a database is refused",
        arguments: ["text that is long enough to be a header".padding(200), "short"])
    func noDatabase(_ text: String) throws {
        try Data(text.utf8).write(to: place.url)
        try requireRefusal(.unusable, saying: "isn't a database")
    }

    @Test("An empty file is refused, because another program may be about to fill it")
    func empty() throws {
        try Data().write(to: place.url)
        try requireRefusal(.unusable, saying: "empty")
    }

    @Test("A read-only folder is reported as read-only", arguments: [EACCES, EPERM, EROFS])
    func unwritable(number: Int32) throws {
        let code = try #require(POSIXErrorCode(rawValue: number))
        #expect(StoreError(FileError.system(code), atFolderOf: place.url).kind == .readOnly)
    }

    @Test("A folder is refused")
    func folder() throws {
        try FileManager.default.createDirectory(at: place.url, withIntermediateDirectories: false)
        try requireRefusal(.unusable, saying: "it is a folder")
    }

    @Test("Another program's database is refused, with or without an application ID")
    func foreign() throws {
        try alter("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY); PRAGMA user_version = 1")
        try requireRefusal(.unusable, saying: "another program")
        try alter("PRAGMA application_id = 7")
        try requireRefusal(.unusable, saying: "another program")
    }

    @Test("A store of a newer version is refused")
    func newer() throws {
        _ = try place.open()
        try alter("PRAGMA user_version = \(Schema.currentVersion + 1); CREATE TABLE future (id)")
        try requireRefusal(.unusable, saying: "newer version")
    }

    @Test("A newer store is refused even if only its log says so")
    func newerInLog() throws {
        let store = try place.open()
        let other = try DatabaseQueue(path: place.url.path)
        try other.inDatabase { try $0.execute(sql: "PRAGMA user_version = \(Schema.currentVersion + 1)") }
        let error = #expect(throws: StoreError.self) { try place.open() }
        #expect(error?.kind == .unusable)
        #expect(store.name.hasPrefix("sqlite"))
    }

    @Test("A store with a damaged first page is refused")
    func corrupt() throws {
        _ = try place.open()
        var bytes = try Data(contentsOf: place.url)
        for index in 100..<1000 { bytes[index] = 0xEE }
        try bytes.write(to: place.url)
        try requireRefusal(.unusable, saying: "damaged")
    }

    @Test("Without its key a store doesn't open, and no key is created")
    func missingKey() throws {
        _ = try place.open()
        try FileManager.default.removeItem(at: place.keyFile.url)
        try requireRefusal(.key, saying: "SESSION_INSPECTOR_KEY")
        #expect(!place.exists(place.keyFile.url))
    }

    @Test("A store doesn't open with another key, wherever that comes from")
    func wrongKey() throws {
        _ = try place.open()
        try requireRefusal(.key, saying: "a different key", key: .key(SealingKey()))
        try FileManager.default.removeItem(at: place.keyFile.url)
        _ = try place.keyFile.readOrCreate()
        try requireRefusal(.key, saying: "a different key")
    }

    @Test("The same key opens from the environment and from its file")
    func sameKey() async throws {
        let store = try place.open()
        let session = try await place.insert("kept", into: store)
        let key = try #require(try place.keyFile.read()).sealing
        #expect(try await place.open(key: .key(key)).opened(session.id)?.session == session)
    }

    @Test("Opening read-only creates neither a store nor a key")
    func missingReadOnly() throws {
        let error = #expect(throws: StoreError.self) { try place.open(readOnly: true) }
        #expect(error?.kind == .unusable)
        #expect(error?.message.contains("No store") == true)
        #expect(try place.files().isEmpty)
    }
}

extension String {
    fileprivate func padding(_ count: Int) -> String {
        self + String(repeating: ".", count: max(count - self.count, 0))
    }
}
