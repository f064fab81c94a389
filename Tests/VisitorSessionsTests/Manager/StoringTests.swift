import Foundation
import Testing
import VisitorSessionsTesting

@testable import VisitorSessions

@Suite("Pairs and an unavailable store")
struct StoringTests {
    private let bench = ManagerBench()

    @Test("A renewed pair that can't be stored is returned with the error and stored later")
    func renewedPair() async throws {
        let session = try await bench.session()
        bench.issuer.onRenew(bench.issued("new", refreshToken: "refresh-new"))
        let store = FailingStore(bench.store, .noPairs)
        let manager = bench.manager(store: store)
        let error = await bench.whileTimePasses {
            await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
        }
        #expect(error?.kind == .store)
        #expect(error?.unstoredTokens?.refreshToken?.value == Secret("refresh-new"))
        // Later callers get the same result: the old token must not be sent again.
        await #expect(throws: SessionError.self) { try await manager.tokens(of: session.id) }
        #expect(bench.issuer.requests.count == 1)

        #expect(await manager.unstored().map(\.unstoredTokens) == [error?.unstoredTokens])
        store.set(.fair)
        await bench.whileTimePasses { await manager.settle() }
        #expect(await manager.unstored().isEmpty)
        #expect(try bench.store.opened(session.id)?.tokens.refreshToken?.value == Secret("refresh-new"))
        #expect(bench.state(session.id) == .valid)
    }

    @Test("Before a program ends, pairs of other issuers that couldn't be stored are reported as well")
    func otherIssuersPair() async throws {
        let issuer = ScriptedIssuer(name: "other")
        issuer.onRenew(bench.issued("new", refreshToken: "refresh-new"))
        let session = try await bench.session { $0.issuer = issuer.name }
        let other = bench.manager("other", store: FailingStore(bench.store, .noPairs), issuer: issuer)
        let manager = SessionManager(
            store: bench.store, issuer: bench.issuer, policy: ManagerBench.policy(), name: "main", clock: bench.clock,
            now: bench.clock.date, managerForIssuer: { $0 == issuer.name ? other : nil })
        let error = await bench.whileTimePasses {
            await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
        }
        #expect(error?.unstoredTokens?.refreshToken?.value == Secret("refresh-new"))
        #expect(await manager.unstored().count == 1)
    }

    @Test("A new visitor that can't be stored is returned with the error and stored later")
    func newVisitor() async throws {
        bench.issuer.onGenerate(bench.issued("new", refreshToken: "refresh-new"))
        let store = FailingStore(bench.store, .noPairs)
        let manager = bench.manager(store: store)
        let error = await bench.whileTimePasses {
            await #expect(throws: SessionError.self) { try await manager.generate(clientID: ManagerBench.clientID) }
        }
        #expect(error?.kind == .store)
        #expect(error?.unstoredTokens?.refreshToken?.value == Secret("refresh-new"))
        store.set(.fair)
        await bench.whileTimePasses { await manager.settle() }
        #expect(bench.store.counts(at: bench.clock.date(), policy: SessionPolicy())[.valid] == 1)
    }

    @Test("An unwritable store is detected before a visitor is requested")
    func noVisitor() async throws {
        let manager = bench.manager(store: BrokenStore())
        let error = await #expect(throws: SessionError.self) {
            try await manager.generate(clientID: ManagerBench.clientID)
        }
        #expect(error?.kind == .store && error?.unstoredTokens == nil)
        #expect(bench.issuer.requests.isEmpty)
    }

    @Test("An unavailable store prevents sending the refresh token")
    func awayBefore() async throws {
        let session = try await bench.session()
        let manager = bench.manager(store: FailingStore(bench.store, .away))
        let error = await #expect(throws: SessionError.self) { try await manager.renew(session.id) }
        #expect(error?.kind == .store)
        #expect(bench.issuer.requests.isEmpty && bench.state(session.id) == .expired)
    }
}
