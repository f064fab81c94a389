import DevelopmentIssuer
import Foundation
import PostgresSessions
import TestProcesses
import VisitorSessions
import WixHeadless

/// A fleet on one PostgreSQL: `PROCESSES` managers, each a process of its own, ask for the tokens of all of `SESSIONS`
/// sessions, first when every access token has expired, and then again when none has. Prints what that took.
///
/// The server writes to this machine's disk as one in production does. The issuer answers after `LATENCY` milliseconds and
/// takes `PER_MINUTE` requests a minute.
@main
struct FleetExperiment {
    static func main() async throws {
        if let host = try Host(ProcessInfo.processInfo.environment) { return try await host.run() }
        guard PostgresCluster.isInstalled else {
            print("PostgreSQL is not installed: apt-get install postgresql postgresql-contrib")
            exit(69)
        }
        try await FleetExperiment().run()
    }

    private let processes = setting("PROCESSES", otherwise: 8)
    private let sessions = setting("SESSIONS", otherwise: 500)
    private let latency = setting("LATENCY", otherwise: 50)
    private let perMinute = setting("PER_MINUTE", otherwise: 6000)
    private let key = SealingKey()

    private static func setting(_ name: String, otherwise value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    private func run() async throws {
        print(
            "\(processes) processes, \(sessions) sessions, \(latency) ms to the issuer, \(perMinute) requests a minute\n"
        )
        let cluster = try PostgresCluster(isMeasured: true)
        let database = try cluster.makeDatabase()
        try cluster.execute("CREATE EXTENSION pg_stat_statements", in: database)
        let store = try PostgresSessionStore.open(at: PostgresAddress(cluster.address(database)), key: .key(key))
        let issuer = DevelopmentIssuerServer()
        let port = try await issuer.start()
        try await seed(store, issuer)
        issuer.faults = [Fault(.latency(.milliseconds(latency)))]

        let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // What is left is in the temporary folder.
        // The hosts' input, which ends with this process.
        let lifeline = Pipe()
        defer { withExtendedLifetime(lifeline) {} }
        let hosts = try (0..<processes).map { number in
            try ChildProcess(
                [CommandLine.arguments[0]],
                environment: [
                    "FLEET_STORE": cluster.address(database), "FLEET_ISSUER": "http://127.0.0.1:\(port)",
                    "FLEET_FOLDER": folder.path, "FLEET_NUMBER": "\(number)", "PER_MINUTE": "\(perMinute)",
                    "SESSION_INSPECTOR_KEY": key.base64().reveal(),
                ], input: "/dev/fd/\(lifeline.fileHandleForReading.fileDescriptor)",
                errors: folder.appending(path: "\(number).errors").path)
        }
        let ends = hosts.enumerated().map { number, host in
            Task {
                guard await host.end() != 0 else { return }
                let errors = try? String(contentsOf: folder.appending(path: "\(number).errors"), encoding: .utf8)
                print("host \(number) has failed: \(errors ?? "it did not say why")")
                exit(70)
            }
        }
        for phase in Host.Phase.allCases {
            try await untilReady(phase, in: folder)
            try cluster.execute("SELECT pg_stat_statements_reset()", in: database)
            let redemptions = issuer.counts.redemptions
            let renewals = try await self.renewals(store)
            let start = ContinuousClock.now
            try Data().write(to: folder.appending(path: phase.rawValue))
            try await untilDone(phase, in: folder)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let statements =
                try Double(
                    cluster.execute("SELECT sum(calls) FROM pg_stat_statements(false)", in: database)) ?? 0
            let lines = try (0..<processes).map { number in
                try String(contentsOf: folder.appending(path: "\(number).\(phase.rawValue)"), encoding: .utf8)
            }
            Row(
                phase: phase, seconds: seconds, renewals: try await self.renewals(store) - renewals,
                redemptions: issuer.counts.redemptions - redemptions, statements: statements,
                milliseconds: lines.joined().split(separator: "\n").compactMap { Double($0) }
            ).print()
        }
        for end in ends { await end.value }
        await issuer.stop()
    }

    /// Sessions whose access tokens ended a minute ago.
    private func seed(_ store: PostgresSessionStore, _ issuer: DevelopmentIssuerServer) async throws {
        let client = UUID()
        var new: [NewSession] = []
        for number in 0..<sessions {
            guard let issued = await issuer.issue(to: client, at: Date()) else { continue }
            let tokens = Tokens(
                accessToken: AccessToken(Secret(issued.accessToken), expiresAt: Date() - .seconds(60)),
                refreshToken: RefreshToken(Secret(issued.refreshToken)))
            let session = VisitorSession(
                label: "\(number)", clientID: client.uuidString, tokens: tokens, at: Date() - .seconds(3600))
            new.append(NewSession(session, tokens: tokens, entry: .init(.set, actor: "fleet")))
        }
        _ = try await store.insert(new: new)
    }

    private func renewals(_ store: PostgresSessionStore) async throws -> Int {
        let query = SessionQuery(limit: sessions, now: Date(), policy: SessionPolicy())
        return try await store.page(query).reduce(0) { $0 + $1.renewalCount }
    }

    private func untilReady(_ phase: Host.Phase, in folder: URL) async throws {
        try await until("ready-\(phase.rawValue)", in: folder)
    }

    private func untilDone(_ phase: Host.Phase, in folder: URL) async throws {
        try await until(phase.rawValue, in: folder)
    }

    /// Waits until every host has written a file of this kind.
    private func until(_ kind: String, in folder: URL) async throws {
        for number in 0..<processes {
            let path = folder.appending(path: "\(number).\(kind)").path
            while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }
}
