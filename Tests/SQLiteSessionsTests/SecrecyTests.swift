import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

struct SecrecyTests {
    @Test("No file in the folder ever holds a token in clear text")
    func sealsTokens() async throws {
        let place = try TemporaryStore()
        func requireNoToken(_ when: Comment) throws {
            let files = try place.files()
            #expect(!files.isEmpty)
            for (path, bytes) in files {
                #expect(bytes.range(of: Data("secret".utf8)) == nil, when)
                #expect(bytes.isEmpty || path.hasSuffix("key") || bytes.count > 100, when)
            }
        }
        do {
            let store = try place.open()
            var session = try await place.insert("one", into: store)
            session = try await store.update(session, tokens: TemporaryStore.tokens("two"), entry: nil)
            session = try await store.lease(session, to: "holder", for: .seconds(60), within: nil)
            let log = try #require(place.files()["state/sessions.sqlite-wal"])
            #expect(log.range(of: Data("holder".utf8)) != nil, "the log is what is searched")
            try requireNoToken("while it is open")
        }
        try requireNoToken("after it was closed")
    }

    @Test("Errors and descriptions never contain a token")
    func keepsQuiet() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let session = try await place.insert("quiet", into: store)
        var failures: [any Error] = []
        do {
            _ = try await store.insert(
                session, tokens: TemporaryStore.tokens("again"), entry: JournalEntry.Draft(.set, actor: "test"))
        } catch { failures.append(error) }
        do {
            // A statement that fails inside SQLite with sealed and clear arguments.
            try await store.database.write { db in
                try db.execute(sql: "DROP INDEX tokens_by_access; DROP TABLE tokens")
            }
            _ = try await store.update(session, tokens: TemporaryStore.tokens("third"), entry: nil)
        } catch { failures.append(error) }
        #expect(failures.count == 2)
        for failure in failures {
            #expect(!"\(failure) \(String(reflecting: failure))".contains("secret"))
        }
    }
}
