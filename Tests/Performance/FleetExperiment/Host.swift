import Foundation
import PostgresSessions
import VisitorSessions
import WixHeadless

/// One process of the fleet: a manager that serves requests for all sessions, in an order of its own.
struct Host {
    enum Phase: String, CaseIterable {
        case expired, valid
    }

    private static let concurrent = 16

    /// How long one request tries again before it is taken for a fault of the experiment.
    private static let patience = Duration.seconds(120)
    private static let pause = Duration.milliseconds(20)

    private let store: PostgresSessionStore
    private let manager: SessionManager
    private let folder: URL
    private let number: String

    /// `nil`: this process is none.
    init?(_ environment: [String: String]) throws {
        guard let address = environment["FLEET_STORE"], let issuer = environment["FLEET_ISSUER"],
            let key = SealingKey(base64: environment["SESSION_INSPECTOR_KEY"] ?? ""),
            let folder = environment["FLEET_FOLDER"], let number = environment["FLEET_NUMBER"],
            let perMinute = environment["PER_MINUTE"].flatMap({ Int($0) })
        else { return nil }
        store = try PostgresSessionStore.open(at: PostgresAddress(address), key: .key(key))
        var policy = SessionPolicy()
        policy.budget = RequestBudget(requestsPerMinute: perMinute)
        manager = SessionManager(
            store: store, issuer: WixTokenIssuer(url: try IssuerURL(issuer), transport: CurlTransport()),
            policy: policy, name: "host \(number)")
        self.folder = URL(filePath: folder)
        self.number = number
    }

    /// Runs to its end, or to that of the process that started it, whichever way that ends: its input is then over.
    func run() async throws {
        Thread.detachNewThread {
            while getchar() != EOF {}
            exit(0)
        }
        let ids = try await store.page(SessionQuery(limit: 1_000_000, now: Date(), policy: SessionPolicy())).map(\.id)
        for phase in Phase.allCases {
            try Data().write(to: folder.appending(path: "\(number).ready-\(phase.rawValue)"))
            let start = folder.appending(path: phase.rawValue).path
            while !FileManager.default.fileExists(atPath: start) { try await Task.sleep(for: .milliseconds(2)) }
            let milliseconds = try await serve(ids.shuffled())
            let text = milliseconds.map { "\($0)\n" }.joined()
            try Data(text.utf8).write(to: folder.appending(path: "\(number).\(phase.rawValue)"), options: .atomic)
        }
    }

    /// Returns how long each request has waited for its token.
    private func serve(_ ids: [SessionID]) async throws -> [Double] {
        try await withThrowingTaskGroup(of: Double.self) { group in
            var rest = ids[...]
            func begin() {
                guard let id = rest.popFirst() else { return }
                group.addTask { try await request(id) }
            }
            for _ in 0..<Self.concurrent { begin() }
            var milliseconds: [Double] = []
            for try await one in group {
                milliseconds.append(one)
                begin()
            }
            return milliseconds
        }
    }

    /// A request whose visitor tries again. Returns how long it has waited for its token.
    private func request(_ id: SessionID) async throws -> Double {
        let start = ContinuousClock.now
        while true {
            do {
                _ = try await manager.tokens(of: id)
                return (ContinuousClock.now - start) / .milliseconds(1)
            } catch {
                guard ContinuousClock.now - start < Self.patience else { throw error }
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}
