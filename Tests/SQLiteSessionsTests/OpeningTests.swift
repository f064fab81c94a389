import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

struct OpeningTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    @Test("A new store, its folder and its companions are for their owner alone, whatever the umask")
    func isPrivate() async throws {
        let store = try place.open()
        try await place.insert(into: store)
        #expect(try place.mode() == 0o600)
        #expect(try place.mode("-wal") == 0o600)
        #expect(try place.mode("-shm") == 0o600)
        let folder = try FileManager.default.attributesOfItem(atPath: place.url.deletingLastPathComponent().path)
        #expect(folder[.posixPermissions] as? Int == 0o700)
        #expect(
            try Set(place.files().keys.filter { $0.hasPrefix("state/") }) == [
                "state/sessions.sqlite", "state/sessions.sqlite-wal", "state/sessions.sqlite-shm",
            ])
    }

    @Test("A folder that is there keeps its mode, and a file that lets others in is closed to them")
    func tightens() throws {
        _ = try place.open()
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: place.url.path)
        let folder = place.url.deletingLastPathComponent().path
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        _ = try place.open()
        #expect(try place.mode() == 0o600)
        #expect(try files.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o755)
    }

    @Test("What was stored is there after opening again, and opening alone writes nothing")
    func lasts() async throws {
        // Open to the end: whoever closes a store last empties its log, and does that when it pleases.
        let first = try place.open()
        let stored = try await place.insert("lasting", into: first)
        let before = try place.files()
        do {
            let opened = try await place.open().opened(stored.id)
            #expect(opened?.session == stored)
            #expect(opened?.tokens.accessToken?.value == Secret("access-secret-lasting"))
        }
        for file in ["state/sessions.sqlite", "state/sessions.sqlite-wal"] {
            #expect(try place.files()[file] == before[file])
        }
        withExtendedLifetime(first) {}
    }

    @Test("Commits are durable: WAL, and everything synchronised")
    func isDurable() async throws {
        let store = try place.open()
        let settings = try await store.database.write { db in
            try ["journal_mode", "synchronous", "foreign_keys"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)") ?? ""
            }
        }
        #expect(settings == ["wal", "2", "1"])
    }

    @Test("Many first openers at once all open one store with one key", .timeLimit(.minutes(1)))
    func races() async throws {
        let place = place
        let sessions = try await withThrowingTaskGroup(of: SessionID.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let store = try SQLiteSessionStore.open(at: place.url, key: place.key)
                    return try await place.insert("\(number)", into: store).id
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        let store = try place.open()
        #expect(try await Set(place.list(store).map(\.id)) == sessions)
        for id in sessions {
            #expect(try await store.opened(id) != nil)
        }
        let left = try place.files().keys.filter { $0.hasPrefix("state/.") }
        #expect(left.isEmpty)
    }

    @Test("It is called by its path, the home folder shortened")
    func hasAName() throws {
        #expect(
            SQLiteSessionStore.name(of: URL(filePath: "/home/ada/x/s.sqlite"), home: "/home/ada")
                == "sqlite ~/x/s.sqlite")
        #expect(
            SQLiteSessionStore.name(of: URL(filePath: "/home/adam/s.sqlite"), home: "/home/ada")
                == "sqlite /home/adam/s.sqlite")
        #expect(SQLiteSessionStore.name(of: URL(filePath: "/tmp/s.sqlite"), home: "/") == "sqlite /tmp/s.sqlite")
        #expect(try place.open().name == "sqlite \(place.url.path)")
    }
}
