import Foundation
import GRDB
import SessionSQL
import Testing
import VisitorSessions

@testable import SQLiteSessions

struct DamageTests {
    private let place: TemporaryStore
    private let store: SQLiteSessionStore

    init() throws {
        place = try TemporaryStore()
        store = try place.open()
    }

    static let damages = [
        "role = 'queen'", "role = x'00'", "label = x'ff'", "client_id = x'01'", "visitor_id = x'02'",
        "access_expires_at = 'soon'", "access_expires_at = 1.5", "access_expires_at = 4611686018427387904",
        "refresh_expires_at = x'00'", "created_at = 'yesterday'", "created_at = -9223372036854775808",
        "tokens_at = ''", "renewed_at = 'never'", "renewed_at = 9223372036854775807", "renewal_count = -1",
        "renewal_count = 'many'", "auto_renew = 2", "auto_renew = 'yes'", "lease_holder = 'other'",
        "lease_deadline = 5", "lease_holder = 'a', lease_deadline = 'b'", "sent_at = 'then'", "refused_at = x''",
        "discarded_at = 'gone'", "version = 'first'", "key_id = x'00'", "key_id = 'abcdefgh'",
        "key_id = x'0011223344556677'", "label_sort = x'00'", "search_text = x'00'",
        "discarded_at = 1, role = 'queen'",
    ]

    private func alter(_ assignments: String, _ id: SessionID) async throws {
        try await store.database.write { db in
            try db.execute(sql: "UPDATE session SET \(assignments) WHERE id = ?", arguments: [id.blob])
        }
    }

    private func row(_ id: SessionID) async throws -> String {
        try await store.database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM session JOIN tokens ON session = id WHERE id = ?", arguments: [id.blob]
            )
            .map { "\($0)" }.joined()
        }
    }

    @Test("An unreadable row is listed as damaged and never written", arguments: damages)
    func isIsolated(_ damage: String) async throws {
        let sound = try await place.insert("sound", into: store)
        let broken = try await place.insert("broken", into: store)
        try await alter(damage, broken.id)
        let before = try await row(broken.id)

        let listed = try await place.list(store)
        #expect(Set(listed.map(\.id)) == [sound.id, broken.id])
        #expect(listed.first { $0.id == sound.id } == sound)
        let found = try #require(listed.first { $0.id == broken.id })
        #expect(found.damage?.hasPrefix("its ") == true || found.damage?.hasPrefix("one of its ") == true)
        #expect(found.damage?.contains("is no ") == false, "The stored words are translated.")
        #expect(try await store.session(broken.id) == found)
        let counts = try await store.counts(at: Date(), policy: SessionPolicy())
        #expect(counts.states == [.valid: 1, .damaged: 1])
        var filter = SessionFilter()
        filter.states = [.damaged]
        #expect(try await place.list(store, filter) == [found])

        var writable = found
        writable.damage = nil
        for session in [found, writable, broken] {
            await requireDamaged { _ = try await store.update(session, tokens: TemporaryStore.tokens("x"), entry: nil) }
            await requireDamaged { _ = try await store.lease(session, to: "me", for: .seconds(9), within: nil) }
        }
        await requireDamaged { _ = try await store.opened(broken.id) }
        #expect(try await row(broken.id) == before)
    }

    private func requireDamaged(_ body: () async throws -> Void) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.kind == .damaged)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("Damaged rows are sortable in every order, so pages never repeat or skip them")
    func damagedRowsAreSortable() async throws {
        for (number, damage) in Self.damages.enumerated() {
            let session = try await place.insert("x \(number)", into: store)
            try await alter(damage, session.id)
            try await place.insert("y \(number)", into: store)
        }
        for key in SessionSort.Key.allCases {
            for descending in [false, true] {
                let sort = SessionSort(key, descending: descending)
                func page(_ start: SessionQuery.Start) async throws -> [VisitorSession] {
                    try await store.page(
                        SessionQuery(sort: sort, start: start, limit: 3, now: Date(), policy: SessionPolicy()))
                }
                var down: [SessionID] = []
                var next: SessionQuery.Start? = .first
                while let start = next, down.count < 1000 {
                    let sessions = try await page(start)
                    down += sessions.map(\.id)
                    next = sessions.last.map { .after($0.position(by: key)) }
                }
                var up: [SessionID] = []
                next = .last
                while let start = next, up.count < 1000 {
                    let sessions = try await page(start)
                    up = sessions.map(\.id) + up
                    next = sessions.first.map { .before($0.position(by: key)) }
                }
                #expect(down.count == 2 * Self.damages.count, "\(key.rawValue) \(descending)")
                #expect(Set(down).count == down.count, "\(key.rawValue) \(descending)")
                #expect(up == down, "\(key.rawValue) \(descending)")
            }
        }
    }

    @Test("A row with an invalid ID can't be written; an existing one is listed")
    func invalidID() async throws {
        try await place.insert("sound", into: store)
        let error = await #expect(throws: StoreError.self) {
            try await store.database.write { try $0.execute(sql: "UPDATE session SET id = x'abcd'") }
        }
        #expect(error?.kind == .unusable)
        try await store.database.write { db in
            try db.execute(sql: "DELETE FROM tokens")
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: "UPDATE session SET id = x'abcd'")
            try db.execute(sql: "PRAGMA ignore_check_constraints = OFF")
        }
        let listed = try await place.list(store)
        #expect(listed.map { $0.id.prefix(6) } == ["abcd00"])
    }

    @Test(
        "Altered, moved or missing tokens don't open",
        arguments: [
            "access_sealed = substr(access_sealed, 1, 40) || x'00' || substr(access_sealed, 42)",
            "refresh_sealed = access_sealed", "access_sealed = x''", "access_sealed = 'clear text'",
            "refresh_sealed = zeroblob(80)", "refresh_role = 'queen'", "refresh_role = NULL",
            "access_expires_at = 'soon'",
        ])
    func tampered(_ assignment: String) async throws {
        let session = try await place.insert("tampered", into: store)
        try await store.database.write { try $0.execute(sql: "UPDATE tokens SET \(assignment)") }
        await requireDamaged { _ = try await store.opened(session.id) }
        #expect(try await place.list(store) == [session])
    }

    @Test("One session's sealed tokens can't be opened as another's")
    func swapped() async throws {
        let one = try await place.insert("one", into: store)
        let two = try await place.insert("two", into: store)
        try await store.database.write { db in
            try db.execute(
                sql: """
                    UPDATE tokens SET access_sealed = (SELECT access_sealed FROM tokens WHERE session = ?)
                    WHERE session = ?
                    """, arguments: [one.id.blob, two.id.blob])
        }
        #expect(try await store.opened(one.id) != nil)
        await requireDamaged { _ = try await store.opened(two.id) }
    }

    @Test("A session without tokens is damaged when it is opened")
    func missingTokens() async throws {
        let session = try await place.insert("lost", into: store)
        try await store.database.write { try $0.execute(sql: "DELETE FROM tokens") }
        await requireDamaged { _ = try await store.opened(session.id) }
    }
}
