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
            store: store, issuer: WixTokenIssuer(url: try IssuerURL(issuer), transport: URLSessionTransport()),
            policy: policy, name: "host \(number)")
        self.folder = URL(filePath: folder)
        self.number = number
    }

    func run() async throws {
        let ids = try await store.page(SessionQuery(limit: 1_000_000, now: Date(), policy: SessionPolicy())).map(\.id)
        for phase in Phase.allCases {
            try Data().write(to: folder.appending(path: "\(number).ready-\(phase.rawValue)"))
            let start = folder.appending(path: phase.rawValue).path
            while !FileManager.default.fileExists(atPath: start) { try await Task.sleep(for: .milliseconds(2)) }
            let milliseconds = await serve(ids.shuffled())
            let text = milliseconds.map { "\($0)\n" }.joined()
            try Data(text.utf8).write(to: folder.appending(path: "\(number).\(phase.rawValue)"), options: .atomic)
        }
    }

    /// Returns how long each request has waited for its token.
    private func serve(_ ids: [SessionID]) async -> [Double] {
        await withTaskGroup(of: Double.self) { group in
            var rest = ids[...]
            func begin() {
                guard let id = rest.popFirst() else { return }
                group.addTask {
                    let start = ContinuousClock.now
                    // As a request does whose visitor tries again.
                    while (try? await manager.tokens(of: id)) == nil {}
                    return (ContinuousClock.now - start) / .milliseconds(1)
                }
            }
            for _ in 0..<Self.concurrent { begin() }
            var milliseconds: [Double] = []
            for await one in group {
                milliseconds.append(one)
                begin()
            }
            return milliseconds
        }
    }
}
