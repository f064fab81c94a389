import Foundation
import SessionSQL
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct KeyRotationTests {
    private let database: TestDatabase
    private let file: SealingKeyFile

    init() throws {
        database = try TestDatabase()
        let folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        file = SealingKeyFile(folder.appending(path: "key"))
    }

    private func open(_ key: SealingKeySource? = nil) throws -> PostgresSessionStore {
        try PostgresSessionStore.open(at: database.address(), key: key ?? .file(file))
    }

    private func requireWhole(_ ids: [SessionID], in store: PostgresSessionStore, _ when: Comment) async throws {
        for id in ids {
            let opened = try #require(try await store.opened(id), when)
            for token in [opened.tokens.accessToken?.value, opened.tokens.refreshToken?.value] {
                let token = try #require(token)
                let found = try await store.sessions(holding: token, since: .distantPast, limit: 9)
                #expect(found.map(\.id) == [id], when)
            }
        }
        #expect(try await store.counts(at: Date(), policy: SessionPolicy()).states == [.valid: ids.count], when)
    }

    @Test("A rotation re-seals every session, and concurrent renewals aren't lost")
    func concurrent() async throws {
        let store = try open()
        let other = try open()
        var ids: [SessionID] = []
        for number in 0..<20 { ids.append(try await database.insert("\(number)", into: store).id) }
        let old = try #require(try file.read())
        async let rotated = KeyRotation(of: open().sql, by: "test", batch: 3).run()
        var expected: [SessionID: Tokens] = [:]
        for round in 0..<5 {
            for id in ids {
                let opened = try #require(try await other.opened(id))
                var renewed = try await other.lease(opened.session, to: "me", for: .seconds(9), within: nil)
                let tokens = database.tokens("\(id) \(round)")
                renewed.apply(tokens, at: Date())
                renewed.lease = nil
                _ = try await other.update(renewed, tokens: tokens, entry: .init(.renewed, actor: "test"))
                expected[id] = tokens
            }
        }
        let progress = try await rotated
        #expect(progress.isComplete && progress.unopenable == 0)
        let new = try #require(try file.read())
        #expect(new.keys.count == 1 && new.sealing.id != old.sealing.id)
        for store in [store, other, try open()] { try await requireWhole(ids, in: store, "afterwards") }
        for (id, tokens) in expected {
            #expect(try await store.opened(id)?.tokens.refreshToken?.value == tokens.refreshToken?.value)
        }
        #expect(throws: StoreError.self) { try open(.keys(old)) }
    }

    @Test("A rotation interrupted after any step is completed by the next one", arguments: 0...4)
    func interrupted(_ steps: Int) async throws {
        let store = try open()
        let bystander = try open()
        var ids: [SessionID] = []
        for number in 0..<7 { ids.append(try await database.insert("\(number)", into: store).id) }
        let rotation = KeyRotation(of: store.sql, by: "stopped", batch: 3)
        let key = steps > 0 ? try await rotation.announceKey() : SealingKey()
        if steps > 1 { try await rotation.record(key) }
        var progress = KeyRotationProgress()
        var place = SessionID.lowest
        for _ in 0..<max(steps - 2, 0) {
            place = try await rotation.resealBatch(after: place, with: key, &progress) ?? place
        }
        try await store.database.write { try MaintenanceLockRow.keyRotation.release($0) }
        for store in [store, bystander, try open()] { try await requireWhole(ids, in: store, "stopped") }
        ids.append(try await database.insert("meanwhile", into: bystander).id)

        let done = try await bystander.rotateKeys(by: "second", keepsOldKeys: false) { _ in }
        #expect(done.isComplete)
        #expect(try file.read()?.keys.count == 1)
        for store in [store, bystander, try open()] { try await requireWhole(ids, in: store, "afterwards") }
    }

    @Test("Of two concurrent runs, the second is told to wait")
    func concurrentRuns() async throws {
        let store = try open()
        _ = try await KeyRotation(of: store.sql, by: "one").announceKey()
        let error = await #expect(throws: StoreError.self) {
            try await store.rotateKeys(by: "one", keepsOldKeys: false) { _ in }
        }
        #expect(error?.kind == .unavailable)
    }

    @Test("A session that no key opens is counted, left unchanged, and keeps the old key")
    func damaged() async throws {
        let store = try open()
        let damaged = try await database.insert("damaged", into: store)
        let other = try await database.insert("other", into: store)
        try database.execute(
            "UPDATE session_inspector.tokens SET access_sealed = set_byte(access_sealed, 40, 0) WHERE session = '\(damaged.id)'"
        )
        let progress = try await store.rotateKeys(by: "test", keepsOldKeys: false) { _ in }
        #expect(progress.resealed == 1 && progress.unopenable == 1 && !progress.isComplete)
        #expect(try file.read()?.keys.count == 2)
        #expect(try await open().opened(other.id) != nil)
    }
}
