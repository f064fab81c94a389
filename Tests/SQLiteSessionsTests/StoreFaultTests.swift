import Foundation
import GRDB
import SessionSQL
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// Damaged files, full disks and busy logs.
@Suite(.timeLimit(.minutes(1)))
struct StoreFaultTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    @Test("An intact store passes its checks, reports version and sizes, and empties its log")
    func checkUp() async throws {
        let store = try place.open()
        let session = try await place.insert("one", into: store)
        #expect(try await store.integrityCheck() == [])
        #expect(try await store.schemaVersion() == Int(Schema.currentVersion))
        #expect(store.sizes().log > 0)
        #expect(try await store.checkpoint())
        #expect(store.sizes().log == 0)
        #expect(store.sizes().database > 4096)
        #expect(try await store.session(session.id) == session)
    }

    @Test("A reader blocks a checkpoint, which is reported; it succeeds afterwards")
    func checkpointWithReader() async throws {
        let store = try place.open(busyTimeout: .milliseconds(50))
        try await place.insert("one", into: store)
        let other = try place.otherProgram()
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM session") }
        try await place.insert("two", into: store)
        #expect(try await store.checkpoint() == false)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await store.checkpoint())
        #expect(try await place.list(store).count == 2)
    }

    @Test("A read-only store can't empty the log")
    func readOnlyCheckpoint() async throws {
        let store = try place.open()
        try await place.insert("one", into: store)
        let reader = try place.open(readOnly: true)
        let error = await #expect(throws: StoreError.self) { try await reader.checkpoint() }
        #expect(error?.kind == .readOnly)
        #expect(try await reader.integrityCheck() == [])
    }

    @Test("Once a full disk has space again, the same write succeeds and nothing was lost")
    func fullDiskRecovers() async throws {
        let store = try place.open()
        let session = try await place.insert("before", into: store)
        func limit(_ pages: Int) async throws {
            try await store.database.write { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        let pages = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        try await limit(pages)
        let long = Tokens(accessToken: AccessToken(Secret(String(repeating: "x", count: 100_000)), expiresAt: nil))
        for _ in 0..<3 {
            let error = await #expect(throws: StoreError.self) {
                try await store.update(session, tokens: long, entry: nil)
            }
            #expect(error?.kind == .full)
        }
        #expect(try await store.opened(session.id)?.session == session)
        try await limit(1_000_000)
        _ = try await store.update(session, tokens: long, entry: nil)
        #expect(try await store.opened(session.id)?.tokens == long)
        #expect(try await store.integrityCheck() == [])
    }

    @Test("Overwritten pages are reported as damage; a restored backup works")
    func corrupted() async throws {
        do {
            let store = try place.open()
            for number in 0..<200 { try await place.insert("\(number)", into: store) }
            _ = try await store.checkpoint()
        }
        let sound = try Data(contentsOf: place.url)
        var bytes = sound
        // The first pages stay: opening reads the schema from them.
        for index in (bytes.count / 2)..<bytes.count { bytes[index] = 0xEE }
        try bytes.write(to: place.url)
        do {
            let store = try place.open()
            let problems = try await store.integrityCheck(limit: 5)
            #expect((1...5).contains(problems.count))
            #expect(!problems.joined().contains("secret"))
            var failures: [StoreError.Kind] = []
            for session in 0..<200 {
                do {
                    try await place.insert("more \(session)", into: store)
                } catch let error as StoreError {
                    failures.append(error.kind)
                }
            }
            #expect(Set(failures) == [.unusable])
        }
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: place.url.path + suffix) }
        try sound.write(to: place.url)
        let store = try place.open()
        #expect(try await store.integrityCheck() == [])
        #expect(try await place.list(store).count == 200)
    }

    @Test("A flipped bit in a sealed token affects only that session")
    func flippedBit() async throws {
        let id: SessionID
        let others: [SessionID]
        do {
            let store = try place.open()
            id = try await place.insert("hit", into: store).id
            others = [try await place.insert("one", into: store).id, try await place.insert("two", into: store).id]
            _ = try await store.checkpoint()
        }
        let sealed = try await DatabaseQueue(path: place.url.path).read { db in
            try Data.fetchOne(db, sql: "SELECT access_sealed FROM tokens WHERE session = ?", arguments: [id.blob])
        }
        var bytes = try Data(contentsOf: place.url)
        let needle = try #require(sealed)
        let range = try #require(bytes.range(of: needle))
        bytes[range.upperBound - 1] ^= 1
        try bytes.write(to: place.url)

        let store = try place.open()
        let error = await #expect(throws: StoreError.self) { try await store.opened(id) }
        #expect(error?.kind == .damaged)
        #expect(error?.message.contains("altered") == true)
        for other in others { #expect(try await store.opened(other) != nil) }
        #expect(try await place.list(store).count == 3)
        // New tokens repair it.
        let session = try #require(try await store.session(id))
        _ = try await store.update(session, tokens: TemporaryStore.tokens("new"), entry: nil)
        #expect(try await store.opened(id) != nil)
    }
}
