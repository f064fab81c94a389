import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("Events of sessions")
struct SessionEventsTests {
    private let bench = ManagerBench()

    @Test("Every listener receives every manager's events, in order and once")
    func inOrder() async throws {
        let listeners = (0..<2).map { _ in bench.store.events(after: 0).makeAsyncIterator() }
        bench.issuer.onGenerate(bench.issued("one", refreshToken: "refresh-one"))
        bench.issuer.onRenew(bench.issued("two"))
        let session = try await bench.manager("first").generate(clientID: ManagerBench.clientID)
        _ = try await bench.manager("second").renew(session.id)
        _ = try await bench.manager("first").discard(session.id)
        for listener in listeners {
            var events: [JournalEntry] = []
            for _ in 0..<3 { events.append(try #require(try await listener.next())) }
            #expect(events.map(\.draft.event) == [.generated, .renewed, .discarded])
            #expect(events.map(\.draft.actor) == ["first", "second", "first"])
            #expect(events.map(\.position) == [1, 2, 3])
        }
    }

    @Test("A listener receives new events without polling")
    func fromNowOn() async throws {
        let before = try await bench.session()
        let manager = bench.manager()
        let next = Task { try await bench.store.events().makeAsyncIterator().next() }
        // Events before the listener starts must not be delivered, however long it takes.
        let labeling = Task {
            var number = 0
            while !Task.isCancelled {
                number += 1
                _ = try await manager.label(before.id, "label \(number)")
                await Task.yield()
            }
        }
        let event = try await next.value
        labeling.cancel()
        #expect(event?.draft.event == .labeled)
    }

    @Test("Continuing from a position neither misses nor repeats events")
    func resumes() async throws {
        let session = try await bench.session()
        let manager = bench.manager()
        for number in 0..<450 { _ = try await manager.label(session.id, "\(number)") }
        let first = bench.store.events(after: 0).makeAsyncIterator()
        var positions: [Int] = []
        for _ in 0..<250 { positions.append(try #require(try await first.next()).position) }
        let second = bench.store.events(after: positions.last).makeAsyncIterator()
        for _ in 0..<201 { positions.append(try #require(try await second.next()).position) }
        #expect(positions == Array(1...451))
    }

    @Test("An unavailable store delays events but loses none")
    func storeUnavailable() async throws {
        let store = FailingStore(bench.store, .away)
        let session = try await bench.session()
        let listener = store.events(after: 0, clock: bench.clock)
        let heard = Task { try await listener.makeAsyncIterator().next() }
        await bench.clock.waitForSleepers()
        store.set(.fair)
        bench.clock.advance(by: .seconds(1))
        #expect(try await heard.value?.session == session.id)
    }

    @Test("Cancelling a listener ends its sequence")
    func cancelled() async throws {
        let listening = Task {
            var count = 0
            for try await _ in bench.store.events() { count += 1 }
            return count
        }
        listening.cancel()
        #expect(try await listening.value == 0)
    }

    @Test(
        "A store in another one's place, with a shorter journal, is told from its beginning", .timeLimit(.minutes(1)))
    func shorterJournal() async throws {
        let store = InMemorySessionStore()
        let session = VisitorSession(label: "first", clientID: "client", tokens: Tokens(), at: Date())
        _ = try store.insert(session, tokens: Tokens(), entry: JournalEntry.Draft(.set, actor: "test"))
        let events = store.events(after: 1000).makeAsyncIterator()
        #expect(try await events.next()?.session == session.id)
    }
}
