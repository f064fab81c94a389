import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let changeChecks: [Check] = [
        Check("every subscriber is told of every kind of write") { bench in
            let streams = [bench.store.changes(), bench.store.changes()]
            var iterators = streams.map { $0.makeAsyncIterator() }
            func requireTold(_ write: String) async throws {
                for index in iterators.indices {
                    try require(await iterators[index].next() != nil, "a stream ended after \(write)")
                }
            }
            let session = try await bench.insert()
            try await requireTold("insert")
            let new = NewSession(bench.new(), tokens: Tokens(), entry: ConformanceBench.draft)
            _ = try await bench.store.insert(new: [new])
            try await requireTold("insert of many")
            let updated = try await bench.store.update(session, tokens: nil, entry: nil)
            try await requireTold("update")
            _ = try await bench.store.lease(updated, to: "me", for: .seconds(1), within: nil)
            try await requireTold("lease")
            try await bench.store.spend(
                BudgetRequest(RequestBudget(requestsPerMinute: 10), .foreground), of: "client")
            try await requireTold("spend")
            bench.clock.advance(by: .seconds(100))
            _ = try await bench.store.tidy(Retention(journalAge: .seconds(1)), by: "me", batch: 10)
            try await requireTold("tidy")
        },
        Check("several changes that nobody has looked at make one element") { bench in
            let changes = bench.store.changes()
            for _ in 0..<5 { try await bench.insert() }
            var iterator = changes.makeAsyncIterator()
            _ = await iterator.next()
            let counted = try await bench.list().count
            try requireEqual(counted, 5, "what is there at the first element")
        },
        Check("one subscriber that goes takes nothing from the others") { bench in
            let stays = bench.store.changes()
            let goes = Task { [store = bench.store] in
                for await _ in store.changes() {}
            }
            goes.cancel()
            await goes.value
            try await bench.insert()
            var iterator = stays.makeAsyncIterator()
            try require(await iterator.next() != nil, "the other stream ended")
            var late = bench.store.changes().makeAsyncIterator()
            try await bench.insert()
            try require(await late.next() != nil, "a later stream is told nothing")
        },
    ]
}
