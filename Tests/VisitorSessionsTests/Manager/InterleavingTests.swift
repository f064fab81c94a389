import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("Interleavings of two managers on one store")
struct InterleavingTests {
    private let bench = ManagerBench()

    @Test(
        "Whenever the second starts: one redemption, one pair, no reuse",
        arguments: PausingStore.Step.allCases)
    func oneRedemption(step: PausingStore.Step) async throws {
        let issuer = RotatingIssuer(now: bench.clock.date)
        let session = try await bench.session()
        let pausing = PausingStore(bench.store, at: step)
        let first = bench.manager("first", store: pausing, issuer: issuer)
        let second = bench.manager("second", issuer: issuer)
        async let renewed = first.tokens(of: session.id)
        await pausing.waitForPause()
        if [.afterLease, .beforeUpdate].contains(step) {
            // The second one has to wait for the first.
            async let waited = second.tokens(of: session.id)
            await bench.clock.waitForSleepers()
            pausing.letGo()
            #expect(try await waited == renewed)
        } else {
            let other = try await second.tokens(of: session.id)
            pausing.letGo()
            #expect(try await renewed == other)
        }
        #expect(issuer.redemptions.count == 1 && issuer.reuses == 0)
        #expect(bench.store.session(session.id)?.renewalCount == 1)
    }

    @Test(
        "A session discarded at any step of a renewal stays discarded, and can be restored with a working pair",
        arguments: PausingStore.Step.allCases)
    func discarded(step: PausingStore.Step) async throws {
        let issuer = RotatingIssuer(now: bench.clock.date)
        let session = try await bench.session()
        let pausing = PausingStore(bench.store, at: step)
        let renewal = Task { [bench] in
            try await bench.manager("first", store: pausing, issuer: issuer).renew(session.id)
        }
        await pausing.waitForPause()
        let second = bench.manager("second", issuer: issuer)
        _ = try await second.discard(session.id)
        pausing.letGo()
        _ = await renewal.result
        #expect(bench.state(session.id) == .discarded)
        let restored = try await second.restore(session.id)
        _ = try await second.renew(restored.id)
        #expect(issuer.reuses == 0 && bench.state(session.id) == .valid)
    }

    @Test(
        "Tokens set at any step of a renewal take precedence",
        arguments: PausingStore.Step.allCases)
    func set(step: PausingStore.Step) async throws {
        let issuer = RotatingIssuer(now: bench.clock.date)
        let session = try await bench.session()
        let pausing = PausingStore(bench.store, at: step)
        let renewal = Task { [bench] in
            try await bench.manager("first", store: pausing, issuer: issuer).tokens(of: session.id)
        }
        await pausing.waitForPause()
        let set = bench.tokens("set")
        _ = try await bench.manager("second", issuer: issuer).set(set, on: session.id)
        pausing.letGo()
        let told = try await renewal.value
        #expect(try bench.store.opened(session.id)?.tokens == set)
        // A caller whose pair was stored before the set may return it.
        #expect(told == set || step == .afterUpdate)
    }
}
