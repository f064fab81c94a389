import Foundation
import Testing
import VisitorSessions

@testable import LiveSessions

@Suite("Writing requests")
struct RequestWriterTests {
    @Test("Each tab is a source of its own, and its sessions are live until it is closed")
    func sources() async throws {
        let store = InMemorySessionStore()
        var ids: [SessionID] = []
        for name in ["one", "two"] {
            let tokens = Tokens(refreshToken: RefreshToken(Secret(name)))
            let session = VisitorSession(label: name, clientID: "client", tokens: tokens, at: Date())
            ids.append(try store.insert(session, tokens: tokens, entry: .init(.set, actor: "test")).id)
        }
        let sources = ids.indices.map { LiveSource(.browser, label: "tab \($0)") }
        let writer = RequestWriter(store, source: LiveSource(.browser, label: "browser"))
        for (id, source) in zip(ids, sources) {
            await writer.add(
                LiveRequest.Draft(of: id, at: Date(), method: "GET", path: "/", outcome: .status(200)), from: source)
        }
        await writer.end(sources[0])
        var live = store.liveSessions(among: ids)
        #expect(ids.map { live[$0]?.source } == sources && ids.map { live[$0]?.isLive } == [false, true])
        await writer.finish()
        live = store.liveSessions(among: ids)
        #expect(ids.map { live[$0]?.isLive } == [false, false])
    }
}
