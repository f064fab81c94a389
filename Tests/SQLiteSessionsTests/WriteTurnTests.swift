import Foundation
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// An import yields to waiting writers.
struct WriteTurnTests {
    @Test("A waiting writer is visible to others only while it waits", .timeLimit(.minutes(1)))
    func waitingIsVisible() async throws {
        let place = try TemporaryStore()
        _ = try place.open()
        let folder = place.url.deletingLastPathComponent()
        let (busy, waiting) = (WriteTurn(in: folder, timeout: .seconds(5)), WriteTurn(in: folder, timeout: .seconds(5)))
        #expect(!busy.hasWaiters)
        let waiter = Task.detached { while !Task.isCancelled { _ = waiting.wait(after: 0) } }
        while !busy.hasWaiters, !Task.isCancelled { await Task.yield() }
        waiter.cancel()
        await waiter.value
        #expect(!busy.hasWaiters)
    }

    @Test("A wait ends at the time-out, which restarts with the next lock", .timeLimit(.minutes(1)))
    func timeout() throws {
        let place = try TemporaryStore()
        let turn = WriteTurn(in: place.url.deletingLastPathComponent(), timeout: .milliseconds(50))
        for _ in 0..<2 {
            let begun = ContinuousClock.now
            var tries = 0
            while turn.wait(after: tries) { tries += 1 }
            #expect(tries > 0 && ContinuousClock.now - begun >= .milliseconds(50))
        }
    }

    @Test("A waiter that never writes is yielded to only once", .timeLimit(.minutes(1)))
    func stoppedWaiter() async throws {
        let place = try TemporaryStore()
        _ = try place.open()
        let folder = place.url.deletingLastPathComponent()
        let turn = WriteTurn(in: folder, timeout: .seconds(5), yieldTimeout: .milliseconds(20))
        let stopped = open(folder.path, O_RDONLY)
        #expect(flock(stopped, LOCK_SH) == 0)
        #expect(turn.hasWaiters)
        turn.yieldToWaiters()
        #expect(!turn.hasWaiters)
        #expect(flock(stopped, LOCK_UN) == 0)
        turn.yieldToWaiters()
        #expect(flock(stopped, LOCK_SH) == 0)
        #expect(turn.hasWaiters)
        close(stopped)
    }

    @Test("An unreadable folder shows no waiters, and waiting still works")
    func unreadableFolder() throws {
        let turn = WriteTurn(in: URL(filePath: "/nowhere/at/all"), timeout: .seconds(5))
        #expect(turn.wait(after: 0))
        #expect(!turn.hasWaiters)
    }

    @Test("When a writer waits, an import stores and counts its first rows")
    func yieldsEarly() async throws {
        let place = try TemporaryStore()
        let store = try place.open()
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let new = ManySessions(at: now, count: 700).all
        let insertions = try await store.database.write { [keys = store.keys] db in
            let seal = try keys.seal(naming: db.keyID())
            let prepared = try new.map { try PreparedSession($0, seal: seal, at: now) }
            let insertion = try BatchInsertion(db, seal: seal, at: now, for: .zero ... .seconds(60))
            return try BulkMode.insert(db) { try insertion.insert(prepared[...], until: { true }) }
        }
        #expect(insertions.count == 256)
        #expect(try await store.counts(at: now, policy: SessionPolicy()).states.values.reduce(0, +) == 256)
        #expect(try await store.insert(new: Array(new[insertions.count...])).count == 444)
        #expect(try await store.counts(at: now, policy: SessionPolicy()).states.values.reduce(0, +) == 700)
    }
}
