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

    @Test("A new store, its folder and companions are private, whatever the umask")
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

    @Test("An existing folder keeps its mode; a readable file is made private")
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

    @Test("Sessions persist across openings, and opening writes nothing")
    func persists() async throws {
        // Kept open: the last connection to close empties the log at an unpredictable time.
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

    @Test("Commits are durable: WAL with full synchronization")
    func isDurable() async throws {
        let store = try place.open()
        let settings = try await store.database.write { db in
            try ["journal_mode", "synchronous", "foreign_keys"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)") ?? ""
            }
        }
        #expect(settings == ["wal", "2", "1"])
    }

    @Test("Concurrent first openers share one store and one key", .timeLimit(.minutes(1)))
    func concurrentFirstOpeners() async throws {
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

    @Test("Its name is its path with the home folder abbreviated")
    func name() throws {
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
