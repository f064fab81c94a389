import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite("The scheduler", .serialized)
struct RenewalSchedulerTests {
    private let bench = SchedulerBench()
    private var clock: TestClock { bench.bench.clock }

    private func renewed(_ ids: [SessionID]) -> Int {
        ids.count { (bench.bench.store.session($0)?.renewalCount ?? 0) > 0 }
    }

    @Test("A thousand sessions that expire within a second are all renewed within budget, without a hot loop")
    func thousand() async throws {
        let ids = try await bench.sessions(1000, endingIn: 3600)
        await bench.run([bench.manager("one")], for: .seconds(3599))
        #expect(renewed(ids) == 1000 && ids.allSatisfy { bench.bench.state($0) == .valid })
        #expect(bench.issuer.redemptions.count == 1000 && bench.issuer.reuses == 0)
        #expect(bench.mostInAMinute <= 200)
        // None earlier than the budget requires: the last ones have their five minutes.
        let first = try #require(bench.issuer.redemptions.first)
        #expect(clock.date().timeIntervalSince(first) < 500)
        #expect(bench.store.pages < 250, "It looked \(bench.store.pages) times in an hour.")
        #expect(!bench.reports.all.contains { if case .behind = $0 { true } else { false } })
    }

    @Test("Sessions beyond the budget are reported and renewed as soon as possible")
    func tooMany() async throws {
        let end = clock.date() + .seconds(120)
        let ids = try await bench.sessions(1000, endingIn: 120)
        await bench.run([bench.manager("one")], for: .seconds(400))
        let behind = bench.reports.all.compactMap { report -> Int? in
            if case .behind(let sessions) = report { sessions } else { nil }
        }
        let inTime = bench.issuer.redemptions.count { $0 < end }
        #expect(inTime > 300)
        let most = try #require(behind.max())
        #expect(abs(most - (1000 - inTime)) < 60, "It said \(most), and \(inTime) were in time.")
        #expect(renewed(ids) == 1000 && bench.mostInAMinute <= 200)
        // The issuer is fine.
        #expect(!bench.reports.all.contains { if case .issuerPaused = $0 { true } else { false } })
    }

    @Test("Two processes that share a store share the work and the budget")
    func twoProcesses() async throws {
        let ids = try await bench.sessions(300, endingIn: 600)
        await bench.run([bench.manager("one"), bench.manager("two")], for: .seconds(700))
        #expect(renewed(ids) == 300 && bench.issuer.redemptions.count == 300 && bench.issuer.reuses == 0)
        #expect(bench.mostInAMinute <= 200)
    }

    @Test("Only sessions with auto-renewal are renewed, each in its window")
    func onlyThose() async throws {
        let other = try await bench.bench.session("other", endingIn: 100)
        let ids = try await bench.sessions(1, endingIn: 4000)
        await bench.run([bench.manager("one")], for: .seconds(3600))
        #expect(bench.issuer.redemptions.isEmpty)
        await bench.run([bench.manager("two")], for: .seconds(400))
        #expect(renewed(ids) == 1 && renewed([other.id]) == 0)
    }

    @Test("An issuer outage is reported and probed rarely, and everything is renewed afterwards")
    func outage() async throws {
        let ids = try await bench.sessions(20, endingIn: 600)
        bench.issuer.fail(IssuerError(.transient, "No connection."))
        let issuer = bench.issuer
        await bench.run([bench.manager("one")], for: .seconds(6000), [(at: .seconds(3600), do: { issuer.fail(nil) })])
        #expect(renewed(ids) == 20 && bench.issuer.reuses == 0)
        let failures = bench.bench.store.journal(after: 0, limit: 100_000).count { $0.draft.event == .failed }
        #expect(failures > 10 && failures < 200, "It asked \(failures) times in 50 minutes.")
        #expect(bench.reports.all.contains { if case .issuerPaused = $0 { true } else { false } })
        #expect(bench.store.pages < 1500)
    }

    @Test("A store outage is reported and probed rarely, and work resumes afterwards")
    func storeUnavailable() async throws {
        let ids = try await bench.sessions(5, endingIn: 300)
        let store = FailingStore(bench.bench.store, .away)
        await bench.run(
            [bench.manager("one", store: store)], for: .seconds(600), [(at: .seconds(200), do: { store.set(.fair) })])
        #expect(renewed(ids) == 5)
        let away = bench.reports.all.count { if case .storeUnavailable = $0 { true } else { false } }
        #expect(away > 10 && away < 60)
    }

    @Test("Sessions that can't be opened don't block others or cause a hot loop")
    func unopenable() async throws {
        let ids = try await bench.sessions(100, endingIn: 100)
        let own = try await bench.sessions(1, endingIn: 200)
        let store = UnopenableStore(bench.store, Set(ids))
        await bench.run([bench.manager("one", store: store, requestsPerMinute: nil)], for: .seconds(190))
        #expect(renewed(own) == 1 && renewed(ids) == 0)
        #expect(bench.store.pages < 50, "It looked \(bench.store.pages) times in three minutes.")
    }

    @Test("Clock changes in both directions are noticed, and nothing is lost", arguments: [7200.0, -7200])
    func clockChanged(seconds: Double) async throws {
        let ids = try await bench.sessions(5, endingIn: 3600)
        let clock = clock
        await bench.run(
            [bench.manager("one")], for: .seconds(12_000),
            [(at: .seconds(60), do: { clock.setDate(clock.date().addingTimeInterval(seconds)) })])
        #expect(renewed(ids) == 5 && ids.allSatisfy { bench.bench.state($0) == .valid })
        let jumps = bench.reports.all.compactMap { report -> Double? in
            if case .clockChanged(let seconds) = report { seconds } else { nil }
        }
        #expect(jumps.count == 1 && abs((jumps.first ?? 0) - seconds) < 1)
        #expect(bench.store.pages < 1000)
    }

    @Test("A suspended machine is noticed, and expired sessions are renewed at once")
    func slept() async throws {
        let ids = try await bench.sessions(5, endingIn: 3600)
        let clock = clock
        await bench.run(
            [bench.manager("one")], for: .seconds(10_000),
            [(at: .seconds(60), do: { clock.advance(by: .seconds(9000)) })])
        #expect(renewed(ids) == 5)
        #expect(bench.reports.all.contains { if case .resumed(let late) = $0 { late > .seconds(8000) } else { false } })
    }

    @Test("A refused session is reported once and not retried")
    func refused() async throws {
        let ids = try await bench.sessions(2, endingIn: 300)
        bench.issuer.fail(IssuerError(.refused, "The refresh token is dead."))
        await bench.run([bench.manager("one")], for: .seconds(3600))
        let refusals = bench.bench.store.journal(after: 0, limit: 1000).count { $0.draft.event == .refused }
        #expect(refusals == 2 && ids.allSatisfy { bench.bench.state($0) == .refused })
    }

    @Test("A session that a person requests takes precedence")
    func foreground() async throws {
        _ = try await bench.sessions(500, endingIn: 60)
        let manager = bench.manager("one")
        let own = try await bench.bench.session("own", endingIn: -10)
        let clock = clock
        let start = clock.date()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let waiting = Task {
            begin.finish()
            _ = try await manager.tokens(of: own.id)
            return clock.date()
        }
        for await _ in begun {}
        await bench.run([manager], for: .seconds(120))
        #expect(try await waiting.value.timeIntervalSince(start) < 5)
    }
}
