import Foundation
import SQLiteSessions
import TestProcesses
import Testing
import VisitorSessions

@Suite("Processes that share a store", .serialized)
struct FleetTests {
    @Test(
        "32 workers on one expired session: one redemption, no reuse, one result", arguments: Fleet.Kind.available)
    func oneRedemption(_ kind: Fleet.Kind) async throws {
        let fleet = try await Fleet(kind)
        let session = try await fleet.expiredSession()
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<32 { group.addTask { try await fleet.work(session.id).output } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(
            outputs.count == 32 && Set(outputs).count == 1 && outputs.first?.hasPrefix("tokens ") == true,
            "\(Set(outputs))")
        let stats = try await fleet.issuer.stats()
        #expect(stats["redemptions"] == 1 && stats["reuses"] == 0)
        #expect(try await fleet.store.session(session.id)?.renewalCount == 1)
    }

    /// Where a process is killed, the state it leaves, and what the next renewal finds.
    struct CrashScenario: Sendable, CustomTestStringConvertible {
        let step: String
        let rotate: Bool
        let left: SessionState
        let found: SessionState

        var testDescription: String { "killed \(step), \(rotate ? "rotating" : "not rotating")" }
    }

    private static let crashScenarios =
        [true, false].flatMap { rotate in
            [
                CrashScenario(step: "before-open", rotate: rotate, left: .expired, found: .valid),
                CrashScenario(step: "after-open", rotate: rotate, left: .expired, found: .valid),
                CrashScenario(step: "before-lease", rotate: rotate, left: .expired, found: .valid),
                CrashScenario(step: "after-lease", rotate: rotate, left: .unresolved, found: .valid),
                CrashScenario(step: "before-request", rotate: rotate, left: .unresolved, found: .valid),
                // Redeemed, and the pair was lost with the process: only the issuer knows whether its token is still
                // valid.
                CrashScenario(
                    step: "after-request", rotate: rotate, left: .unresolved, found: rotate ? .refused : .valid),
                CrashScenario(
                    step: "before-update", rotate: rotate, left: .unresolved, found: rotate ? .refused : .valid),
                CrashScenario(step: "after-update", rotate: rotate, left: .valid, found: .valid),
            ]
        }

    @Test(
        "A worker killed at any step leaves a session that the next renewal resolves",
        arguments: [Fleet.Kind.sqlite, .postgres].filter(Fleet.Kind.available.contains), crashScenarios)
    func killed(_ kind: Fleet.Kind, _ scenario: CrashScenario) async throws {
        let fleet = try await Fleet(kind, rotate: scenario.rotate)
        let session = try await fleet.expiredSession()
        let run = try await fleet.work(session.id, crashingAt: scenario.step)
        #expect(run.status == 128 + SIGKILL)
        let left = try await fleet.state(session.id)
        // A dead holder's lease lasts for a second.
        #expect(left == scenario.left || left == .renewing && scenario.left == .unresolved)

        let found = try await fleet.work(session.id)
        #expect(try await fleet.state(session.id) == scenario.found)
        #expect(found.output.hasPrefix(scenario.found == .valid ? "tokens " : "error refused"), "\(found.output)")
        #expect(try await fleet.issuer.stats()["reuses"] == (scenario.found == .refused ? 1 : 0))
        if scenario.found == .valid {
            // The stored refresh token works, so the pair isn't mixed.
            #expect(try await fleet.manager.renew(session.id).lease == nil)
        }
    }

    @Test(
        "Workers killed at any time never lose, resurrect or mix sessions",
        arguments: [Fleet.Kind.sqlite, .postgres].filter(Fleet.Kind.available.contains))
    func killedAtAnyTime(_ kind: Fleet.Kind) async throws {
        let fleet = try await Fleet(kind, rotate: false)
        var sessions: [VisitorSession] = []
        for _ in 0..<24 { sessions.append(try await fleet.expiredSession()) }
        let discarded = try await fleet.manager.discard(sessions[0].id)
        let clock = ContinuousClock()
        for (number, session) in sessions.enumerated() {
            let worker = try fleet.spawn(
                session.id, crashingAt: "never", output: "/dev/null")
            // Covers such a process from start to exit.
            try await clock.sleep(for: .milliseconds(4 * number))
            kill(worker.id, SIGKILL)
            _ = await worker.end()
        }
        for session in sessions.dropFirst() {
            let found = try await fleet.work(session.id)
            #expect(found.output.hasPrefix("tokens "), "\(found.output)")
            #expect(try await fleet.state(session.id) == .valid)
            _ = try await fleet.manager.renew(session.id)
        }
        #expect(try await fleet.state(discarded.id) == .discarded)
    }
}
