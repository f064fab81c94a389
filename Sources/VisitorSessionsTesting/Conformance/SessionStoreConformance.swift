public import Foundation
public import VisitorSessions

/// Checks that a store keeps the contract of ``SessionStore``, ``SessionBrowser`` and ``StoreMaintenance``. Works with
/// any test framework.
///
/// Each check makes its own stores, so that checks can run concurrently and in any order. Beyond the protocols'
/// documentation, the suite requires: dates survive within half a millisecond, whole milliseconds exactly; leases
/// expire by the store's clock, which the suite sets; tokens survive unchanged, even if the session describes others.
public struct SessionStoreConformance: Sendable {
    /// Makes an empty store whose clock is `now`.
    public typealias MakeStore =
        @Sendable (_ now: @escaping @Sendable () -> Date) async throws -> any SessionBrowser & StoreMaintenance

    /// One requirement and how to check it.
    public struct Check: Sendable, CustomStringConvertible {
        public let name: String
        let body: @Sendable (ConformanceBench) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (ConformanceBench) async throws -> Void) {
            self.name = name
            self.body = body
        }

        public var description: String { name }

        /// Runs on a new store. Throws ``ConformanceFailure`` if the requirement isn't met.
        public func run(on makeStore: @escaping MakeStore) async throws {
            let clock = TestClock()
            let store = try await makeStore(clock.date)
            try await body(ConformanceBench(store: store, clock: clock))
        }
    }

    public static let checks: [Check] =
        roundTripChecks + writeChecks + duplicateChecks + batchChecks + leaseChecks + budgetChecks + journalChecks
        + fingerprintChecks + purgeChecks + clockChecks + nameChecks + pageChecks + filterChecks + countChecks
        + changeChecks + renewableChecks + requestChecks + placeChecks
        + substitutionChecks
}

/// A store under test, its clock, and helpers.
struct ConformanceBench: Sendable {
    let store: any SessionBrowser & StoreMaintenance
    let clock: TestClock

    var now: Date { clock.date() }

    static let draft = JournalEntry.Draft(.generated, actor: "conformance 1")

    /// A pair that expires in `access` and `refresh` seconds.
    func tokens(_ name: String = "token", access: Double = 3600, refresh: Double? = 86_400) -> Tokens {
        Tokens(
            accessToken: AccessToken(
                Secret("access-\(name)"), expiresAt: now + .seconds(access), visitorID: "visitor-\(name)"),
            refreshToken: RefreshToken(
                Secret("refresh-\(name)"), role: .visitor, expiresAt: refresh.map { now + .seconds($0) }))
    }

    func new(_ label: String = "", client: String = "client", tokens: Tokens? = nil) -> VisitorSession {
        VisitorSession(label: label, clientID: client, tokens: tokens ?? self.tokens(), at: now)
    }

    /// Stores a session changed by `change`, with its own tokens.
    @discardableResult
    func insert(
        _ label: String = "", client: String = "client", tokens: Tokens? = nil,
        change: (inout VisitorSession) -> Void = { _ in }
    ) async throws -> VisitorSession {
        // No two sessions may have the same refresh token.
        let tokens = tokens ?? self.tokens(label.isEmpty ? SessionID().description : label)
        var session = new(label, client: client, tokens: tokens)
        change(&session)
        return try await store.insert(session, tokens: tokens, entry: Self.draft)
    }

    /// Everything comparable about a session, read from the store.
    func snapshot(_ id: SessionID) async throws -> Snapshot {
        let opened = try await store.opened(id)
        return Snapshot(
            session: opened?.session, tokens: opened?.tokens, history: try await store.history(of: id, limit: 100))
    }

    struct Snapshot: Equatable, Sendable {
        var session: VisitorSession?
        var tokens: Tokens?
        var history: [JournalEntry]
    }

    /// Runs `body`, which must fail with `kind` without changing session `id`.
    func requireFailure(
        _ kind: StoreError.Kind, unchanged id: SessionID, _ sentence: String, file: StaticString = #fileID,
        line: UInt = #line, _ body: () async throws -> Void
    ) async throws {
        let before = try await snapshot(id)
        do {
            try await body()
        } catch let error as StoreError {
            try requireEqual(error.kind, kind, sentence, file: file, line: line)
            let after = try await snapshot(id)
            try requireEqual(after, before, "\(sentence), and changed something", file: file, line: line)
            return
        }
        throw ConformanceFailure(sentence: "\(sentence): it did not fail.", file: file, line: line)
    }

    /// All sessions of a list, read in one page.
    func list(_ filter: SessionFilter = SessionFilter(), sort: SessionSort = SessionSort()) async throws
        -> [VisitorSession]
    {
        try await store.page(query(filter, sort: sort))
    }

    func query(
        _ filter: SessionFilter, sort: SessionSort, start: SessionQuery.Start = .first, limit: Int = 10_000
    ) -> SessionQuery {
        SessionQuery(filter: filter, sort: sort, start: start, limit: limit, now: now, policy: SessionPolicy())
    }

    /// Runs `body` in `count` concurrent tasks. Returns the results and the failures.
    func compete(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> VisitorSession
    ) async throws -> (winners: [VisitorSession], failures: [StoreError.Kind]) {
        try await withThrowingTaskGroup(of: Result<VisitorSession, StoreError>.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        return .success(try await body(number))
                    } catch let error as StoreError {
                        return .failure(error)
                    }
                }
            }
            return try await group.reduce(into: ([], [])) { outcomes, outcome in
                switch outcome {
                case .success(let session): outcomes.0.append(session)
                case .failure(let error): outcomes.1.append(error.kind)
                }
            }
        }
    }
}

/// How a store broke the contract, and where the suite noticed.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    public let sentence: String
    public let file: StaticString
    public let line: UInt

    public var description: String { "\(sentence) (\(file):\(line))" }
}

func require(
    _ condition: Bool, _ sentence: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
    guard condition else { throw ConformanceFailure(sentence: sentence(), file: file, line: line) }
}

func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ sentence: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) throws {
    try require(
        found == expected, "\(sentence()): found \(found), expected \(expected).", file: file, line: line)
}

func unwrap<Value>(
    _ value: Value?, _ sentence: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws -> Value {
    guard let value else { throw ConformanceFailure(sentence: sentence(), file: file, line: line) }
    return value
}
