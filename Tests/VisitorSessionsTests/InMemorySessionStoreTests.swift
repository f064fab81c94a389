import Foundation
import Testing
import VisitorSessions

struct InMemorySessionStoreTests {
    @Test("Its name says that it is in memory")
    func hasAName() {
        #expect(InMemorySessionStore().name == "memory")
    }

    @Test("Two stores share nothing")
    func isItsOwn() throws {
        let one = InMemorySessionStore()
        let other = InMemorySessionStore()
        let session = VisitorSession(clientID: "c", tokens: Tokens(), at: Date())
        _ = try one.insert(session, tokens: Tokens(), entry: JournalEntry.Draft(.set, actor: "test"))
        #expect(one.session(session.id) != nil)
        #expect(other.session(session.id) == nil)
    }

    @Test("A damaged session is counted and listed as damaged")
    func listsDamage() throws {
        let store = InMemorySessionStore()
        var session = VisitorSession(clientID: "c", tokens: Tokens(), at: Date())
        session.damage = "its role is unknown"
        let stored = try store.insert(session, tokens: Tokens(), entry: JournalEntry.Draft(.set, actor: "test"))
        #expect(store.counts(at: Date(), policy: SessionPolicy()).states == [.damaged: 1])
        #expect(store.page(SessionQuery(limit: 5, now: Date(), policy: SessionPolicy())) == [stored])
    }
}
