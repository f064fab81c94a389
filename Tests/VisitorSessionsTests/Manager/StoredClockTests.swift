import Foundation
import Testing
import VisitorSessionsTesting

@testable import VisitorSessions

/// Commands that run one after another: each is its own manager, which ends with its first result.
@Suite("The stored issuer clock")
struct StoredClockTests {
    /// The true time, which the issuer has, and the error of a machine's clock in seconds.
    private struct Machine {
        let clock: TestClock
        var bootID = "boot"
        var error = 0.0

        var wall: @Sendable () -> Date { { [clock, error] in clock.date().addingTimeInterval(error) } }
        var uptime: @Sendable () -> MachineUptime? {
            { [clock, bootID] in MachineUptime(bootID: bootID, elapsed: clock.now.offset) }
        }
    }

    private let clock = TestClock()
    private let issuer: PunctualIssuer
    private let contents = InMemorySessionStore()

    init() {
        issuer = PunctualIssuer(clock: clock)
    }

    /// Grants tokens for four hours, and reports the true time.
    private struct PunctualIssuer: TokenIssuer {
        let clock: TestClock
        let renewals = TestValue(0)
        let ahead = TestValue(0.0)
        let isBusy = TestValue(false)

        var name: String { "punctual" }

        func generate(clientID: String, within limit: Duration) throws(IssuerError) -> IssuedTokens {
            let now = clock.date().addingTimeInterval(ahead.value)
            if isBusy.value { throw IssuerError(.transient, "busy", status: 503, serverDate: now) }
            return IssuedTokens(
                accessToken: AccessToken(Secret("access-\(SessionID())"), expiresAt: now + .seconds(4 * 3600)),
                refreshToken: RefreshToken(Secret("refresh-\(SessionID())")), serverDate: now)
        }

        func renew(
            _ refreshToken: RefreshToken, clientID: String, within limit: Duration
        ) throws(IssuerError) -> IssuedTokens {
            renewals.change { $0 += 1 }
            return try generate(clientID: clientID, within: limit)
        }
    }

    /// A store that uses the machine's clock, like an SQLite file.
    private struct LocalStore: ForwardingStore {
        let store: InMemorySessionStore
        let wall: @Sendable () -> Date
        let times: Times

        final class Times: Sendable {
            let shift = TestValue<[String: (ClockReading, Date)]>([:])
            let writes = TestValue(0)
        }

        func clockReading(of issuer: String, bootID: String) -> StoredClockReading? {
            let kept = times.shift.value
            guard let (reading, storedAt) = kept[bootID] ?? kept.values.max(by: { $0.1 < $1.1 }) else { return nil }
            return StoredClockReading(reading, storedAt: storedAt, readAt: wall())
        }

        func store(_ reading: ClockReading, of issuer: String) {
            let now = wall()
            times.shift.change { $0[reading.uptime.bootID] = (reading, now) }
            times.writes.change { $0 += 1 }
        }
    }

    private let times = LocalStore.Times()

    private func manager(on machine: Machine) -> SessionManager {
        SessionManager(
            store: LocalStore(store: contents, wall: machine.wall, times: times), issuer: issuer,
            policy: ManagerBench.policy {
                $0.renewAhead = .zero; $0.budget = nil
            }, name: "test", clock: clock,
            now: machine.wall, uptime: machine.uptime, jitter: { 1 })
    }

    /// Requests the token, as `token` does, and requires that it hasn't expired.
    private func token(_ id: SessionID, on machine: Machine) async throws {
        let tokens = try await manager(on: machine).tokens(of: id)
        let expiresAt = try #require(tokens.accessToken?.expiresAt)
        #expect(expiresAt > clock.date(), "An expired token is handed out on a clock off by \(machine.error).")
    }

    private var renewals: Int { issuer.renewals.value }

    @Test(
        "A wrong clock neither hands out expired tokens nor renews valid ones",
        arguments: [-18_000.0, -120, 0, 120, 18_000])
    func wrong(error: Double) async throws {
        let machine = Machine(clock: clock, error: error)
        let session = try await manager(on: machine).generate(clientID: "client")
        for _ in 0..<3 { try await token(session.id, on: machine) }
        #expect(renewals == 0)
        clock.advance(by: .seconds(4 * 3600 - 20))
        for _ in 0..<3 { try await token(session.id, on: machine) }
        #expect(renewals == 1)
        #expect(times.writes.value == 1)
    }

    @Test(
        "Changing the clock between two commands costs at most one early renewal, and no expired token is handed out",
        arguments: [-18_000.0, -120, 0, 120, 18_000], [-18_000.0, -120, 0, 120, 18_000])
    func set(before: Double, after: Double) async throws {
        for bootID in ["boot", "other"] {
            // A clock whose error grows across a reboot can't be detected without a request.
            guard bootID == "boot" || after == before || after == 0 else { continue }
            var machine = Machine(clock: clock, error: before)
            let id = try await manager(on: machine).generate(clientID: "client").id
            machine.error = after
            machine.bootID = bootID
            let begun = renewals
            for _ in 0..<3 { try await token(id, on: machine) }
            #expect(renewals - begun <= 1, "\(bootID)")
            let settled = renewals
            clock.advance(by: .seconds(4 * 3600 + 1))
            for _ in 0..<3 { try await token(id, on: machine) }
            #expect(renewals - settled == 1, "\(bootID)")
        }
    }

    @Test("A machine learns the issuer's clock from another one, although their own clocks differ")
    func otherMachine() async throws {
        // PostgreSQL: the store uses its server's clock.
        let store = InMemorySessionStore(now: clock.date)
        func manager(_ machine: Machine) -> SessionManager {
            SessionManager(
                store: store, issuer: issuer, name: "test", clock: clock, now: machine.wall, uptime: machine.uptime)
        }
        let behind = Machine(clock: clock, bootID: "one", error: -18_000)
        let id = try await manager(behind).generate(clientID: "client").id
        for error in [0, -7200, 18_000.0] {
            let other = manager(Machine(clock: clock, bootID: "other \(error)", error: error))
            _ = try await other.tokens(of: id)
            #expect(abs(other.clock.now.timeIntervalSince(clock.date())) <= 1, "\(error)")
        }
        #expect(renewals == 0)
    }

    @Test("Failed responses provide the time, too")
    func failures() async throws {
        let machine = Machine(clock: clock, error: -18_000)
        issuer.isBusy.change { $0 = true }
        await #expect(throws: SessionError.self) {
            try await manager(on: machine).generate(clientID: "client")
        }
        let next = manager(on: machine)
        await next.loadClock()
        #expect(abs(next.clock.now.timeIntervalSince(clock.date())) <= 1)
    }

    @Test("An offset is stored again only if it differs by seconds")
    func writes() async throws {
        let machine = Machine(clock: clock)
        let id = try await manager(on: machine).generate(clientID: "client").id
        for number in 0..<20 {
            clock.advance(by: .milliseconds(777))
            issuer.ahead.change { $0 = Double(number % 2) }
            _ = try await manager(on: machine).renew(id)
        }
        #expect(times.writes.value == 1)
        issuer.ahead.change { $0 = 60 }
        _ = try await manager(on: machine).renew(id)
        #expect(times.writes.value == 2)
    }

    @Test("A read-only store doesn't prevent access to tokens")
    func readOnly() async throws {
        struct ReadOnlyClock: ForwardingStore {
            let store: InMemorySessionStore
            func store(_ reading: ClockReading, of issuer: String) throws(StoreError) {
                throw StoreError(.readOnly, "The store is open read-only.")
            }
            func clockReading(of issuer: String, bootID: String) throws(StoreError) -> StoredClockReading? {
                throw StoreError(.unavailable, "The store is unavailable.")
            }
        }
        let manager = SessionManager(
            store: ReadOnlyClock(store: contents), issuer: issuer, name: "test", clock: clock, now: clock.date)
        let session = try await manager.generate(clientID: "client")
        #expect(try await manager.tokens(of: session.id).accessToken?.expiresAt == session.accessExpiry.date)
    }
}

/// A value shared between a test and the code under test.
private final class TestValue<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) { stored = value }

    var value: Value { lock.withLock { stored } }
    func change(_ body: (inout Value) -> Void) { lock.withLock { body(&stored) } }
}
