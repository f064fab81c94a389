import Foundation
import GRDB
import SessionSQL
import Testing
import VisitorSessions

@testable import SQLiteSessions

@Suite(.timeLimit(.minutes(1)))
struct KeyRotationTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    private func fill(_ store: SQLiteSessionStore, _ count: Int = 7) async throws -> [SessionID] {
        var ids: [SessionID] = []
        for number in 0..<count { ids.append(try await place.insert("\(number)", into: store).id) }
        return ids
    }

    /// Expects that every session opens in `stores` and is found by its token.
    private func requireWhole(
        _ ids: [SessionID], in stores: [SQLiteSessionStore], _ when: Comment,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        for store in stores {
            for id in ids {
                let opened = try #require(try await store.opened(id), when, sourceLocation: location)
                #expect(opened.session.damage == nil, when, sourceLocation: location)
                for token in [opened.tokens.accessToken?.value, opened.tokens.refreshToken?.value] {
                    let token = try #require(token)
                    let found = try await store.sessions(holding: token, since: .distantPast, limit: 9)
                    #expect(found.map(\.id) == [id], when, sourceLocation: location)
                }
            }
            let counts = try await store.counts(at: Date(), policy: SessionPolicy())
            #expect(counts.states == [.valid: ids.count], when, sourceLocation: location)
        }
    }

    @Test("A rotation re-seals everything and removes the old key")
    func rotates() async throws {
        let store = try place.open()
        let ids = try await fill(store)
        let old = try #require(try place.keyFile.read())
        let first = try #require(try await store.opened(ids[0]))
        let replaced = ReplacedTokens(first)
        _ = try await store.update(first.session, tokens: first.tokens, entry: nil, keeping: replaced)
        let progress = try await KeyRotation(of: store.sql, by: "test", batch: 3).run()
        #expect(progress.resealed == 7)
        #expect(try await place.open().replacedTokens(of: ids[0]) == replaced)
        #expect(progress.unopenable == 0)
        #expect(progress.isComplete)
        let new = try #require(try place.keyFile.read())
        #expect(new.keys.count == 1)
        #expect(new.sealing.id != old.sealing.id)
        try await requireWhole(ids, in: [store, try place.open()], "after")
        let error = #expect(throws: StoreError.self) { try place.open(key: .keys(old)) }
        #expect(error?.kind == .key)
    }

    @Test("A batch sealed before another process rotated the key is re-sealed as it is inserted")
    func batch() async throws {
        let store = try place.open()
        let bystander = try place.open()
        try await place.insert("first", into: bystander)
        _ = try await KeyRotation(of: store.sql, by: "test").run()
        let new = ["second", "third"].map { name in
            let tokens = TemporaryStore.tokens(name)
            let session = VisitorSession(label: name, clientID: "client", tokens: tokens, at: Date())
            return NewSession(session, tokens: tokens, entry: JournalEntry.Draft(.set, actor: "test"))
        }
        #expect(try await bystander.insert(new: new) == [.stored, .stored])
        try await requireWhole(
            new.map(\.session.id) + [try await place.list(store, SessionFilter("first"))[0].id],
            in: [store, bystander, try place.open()], "after")
    }

    @Test(
        "After an interruption at any step, all stores work and a second run completes it",
        arguments: 0...5)
    func interrupted(_ steps: Int) async throws {
        let store = try place.open()
        let bystander = try place.open()
        let ids = try await fill(store)
        do {
            let rotation = KeyRotation(of: store.sql, by: "killed", batch: 3)
            let key = steps > 0 ? try await rotation.announceKey() : SealingKey()
            if steps > 1 { try await rotation.record(key) }
            var progress = KeyRotationProgress()
            var at: SessionID? = .lowest
            for _ in 0..<max(steps - 2, 0) {
                at = try await rotation.resealBatch(after: at ?? .lowest, with: key, &progress) ?? at
            }
            // The killed run's lock would last a minute.
            try await store.database.write { try MaintenanceLockRow.keyRotation.release($0) }
        }
        try await requireWhole(ids, in: [store, bystander, try place.open()], "stopped after \(steps)")
        let more = try await place.insert("while it rests \(steps)", into: bystander)

        let second = try place.open()
        let progress = try await KeyRotation(of: second.sql, by: "second", batch: 3).run()
        #expect(progress.isComplete)
        #expect(try place.keyFile.read()?.keys.count == 1)
        try await requireWhole(ids + [more.id], in: [store, bystander, second, try place.open()], "at the end")
    }

    @Test("Renewals during a rotation aren't lost")
    func concurrent() async throws {
        let store = try place.open()
        let other = try SQLiteSessionStore.open(at: place.url, key: place.key)
        let ids = try await fill(store, 20)
        async let rotated = KeyRotation(
            of: SQLiteSessionStore.open(at: place.url, key: place.key).sql, by: "test", batch: 1
        ).run()
        var expected: [SessionID: Tokens] = [:]
        for round in 0..<5 {
            for id in ids {
                let opened = try #require(try await other.opened(id))
                let leased = try await other.lease(opened.session, to: "me", for: .seconds(9), within: nil)
                var renewed = leased
                let tokens = TemporaryStore.tokens("\(id) \(round)")
                renewed.apply(tokens, at: Date())
                renewed.lease = nil
                let entry = JournalEntry.Draft(.renewed, actor: "test")
                _ = try await other.update(renewed, tokens: tokens, entry: entry)
                expected[id] = tokens
            }
        }
        #expect(try await rotated.isComplete)
        try await requireWhole(ids, in: [store, other, try place.open()], "afterwards")
        for (id, tokens) in expected {
            let stored = try await store.opened(id)?.tokens
            #expect(stored?.refreshToken?.value == tokens.refreshToken?.value)
        }
    }

    @Test("Of two concurrent runs, one is told to wait")
    func concurrentRuns() async throws {
        let store = try place.open()
        let first = KeyRotation(of: store.sql, by: "one")
        _ = try await first.announceKey()
        let error = await #expect(throws: StoreError.self) { try await KeyRotation(of: store.sql, by: "one").run() }
        #expect(error?.kind == .unavailable)
        #expect(try place.keyFile.read()?.keys.count == 2)
    }

    @Test("A damaged session is reported, left unchanged and keeps the old key; the others are rotated")
    func damaged() async throws {
        let store = try place.open()
        let ids = try await fill(store, 3)
        try await store.database.write { db in
            try db.execute(
                sql: """
                    UPDATE tokens SET access_sealed = substr(access_sealed, 1, 40) || x'00' || substr(access_sealed, 42)
                    WHERE session = ?
                    """, arguments: [ids[0].blob])
        }
        let progress = try await KeyRotation(of: store.sql, by: "test").run()
        #expect(progress.resealed == 2)
        #expect(progress.unopenable == 1)
        #expect(!progress.isComplete)
        #expect(try place.keyFile.read()?.keys.count == 2)
        let error = await #expect(throws: StoreError.self) { try await store.opened(ids[0]) }
        #expect(error?.kind == .damaged)
        for id in ids.dropFirst() { #expect(try await place.open().opened(id) != nil) }
    }

    @Test("Keys from the environment are rotated only if a new key precedes the old one")
    func environment() async throws {
        let old = SealingKey()
        let new = SealingKey()
        let ids = try await fill(try place.open(key: .key(old)), 3)
        let alone = try place.open(key: .key(old))
        let error = await #expect(throws: StoreError.self) { try await KeyRotation(of: alone.sql, by: "test").run() }
        #expect(error?.kind == .key)
        #expect(error?.message.contains("SESSION_INSPECTOR_KEY") == true)
        let both = try place.open(key: .keys(SealingKeyRing(new, [old])))
        #expect(try await KeyRotation(of: both.sql, by: "another").run().isComplete)
        try await requireWhole(ids, in: [both, try place.open(key: .key(new))], "afterwards")
        // A process with only the old key reports it.
        let stale = await #expect(throws: StoreError.self) { try await alone.opened(ids[0]) }
        #expect(stale?.kind == .key)
    }
}
