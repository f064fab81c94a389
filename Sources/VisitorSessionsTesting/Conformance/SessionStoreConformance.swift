public import VisitorSessions

public import struct Foundation.Date

/// What every ``SessionStore``, ``SessionBrowser`` and ``StoreMaintenance`` promises, as checks that any test framework can run.
///
/// Each check makes stores of its own, so that they can run at the same time and in any order. Besides the
/// protocol's own words the suite holds stores to these: a date comes back within half a millisecond, and exactly
/// where it is a whole one; a lease is judged by the store's clock, which the suite sets; tokens come back as
/// they were, whatever the session beside them says.
public struct SessionStoreConformance: Sendable {
    /// Makes an empty store whose clock is `now`.
    public typealias MakeStore =
        @Sendable (_ now: @escaping @Sendable () -> Date) async throws -> any SessionBrowser & StoreMaintenance

    /// One promise, in a sentence, and how to see that it is kept.
    public struct Check: Sendable, CustomStringConvertible {
        public let name: String
        let body: @Sendable (ConformanceBench) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (ConformanceBench) async throws -> Void) {
            self.name = name
            self.body = body
        }

        public var description: String { name }

        /// Runs on a new store. Throws ``ConformanceFailure`` where the promise is not kept.
        public func run(on makeStore: @escaping MakeStore) async throws {
            let clock = TestClock()
            let store = try await makeStore(clock.date)
            try await body(ConformanceBench(store: store, clock: clock))
        }
    }

    /// All of them.
    public static let checks: [Check] =
        roundTripChecks + writeChecks + duplicateChecks + batchChecks + leaseChecks + budgetChecks + journalChecks
        + fingerprintChecks + tidyChecks + clockChecks + nameChecks + pageChecks + filterChecks + censusChecks
        + changeChecks + renewableChecks
}
