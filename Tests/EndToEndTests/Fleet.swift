import Foundation
import PostgresSessions
import SQLiteSessions
import TestProcesses
import Testing
import VisitorSessions
import WixHeadless

/// A store, a development issuer, and any number of worker processes.
final class Fleet: Sendable {
    static let worker = Sandbox.program.deletingLastPathComponent().appending(path: "session-worker")

    let sandbox: Sandbox
    let issuer: Issuer
    private let url: IssuerURL
    let store: any SessionBrowser & StoreMaintenance
    private let location: String
    private let key = SealingKey()

    /// The kinds of store.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case sqlite, postgres, pooled

        var testDescription: String { rawValue }

        /// The kinds that this machine supports.
        static var available: [Kind] {
            allCases.filter { kind in
                switch kind {
                case .sqlite: true
                case .postgres: PostgresCluster.isInstalled
                case .pooled: PostgresCluster.isInstalled && Pooler.isInstalled
                }
            }
        }
    }

    private static let pooler = Result { try Pooler(on: PostgresCluster.shared.get(), port: 6433) }

    init(_ kind: Kind = .sqlite, rotate: Bool = true) async throws {
        sandbox = try Sandbox()
        issuer = try await Issuer(sandbox, rotate ? ["--rotate"] : [])
        url = try IssuerURL(issuer.url)
        switch kind {
        case .sqlite:
            let file = sandbox.home.appending(path: "sessions.sqlite")
            location = file.path
            store = try SQLiteSessionStore.open(at: file, key: .key(key))
        case .postgres, .pooled:
            let cluster = try PostgresCluster.shared.get()
            let database = try cluster.makeDatabase()
            location = try kind == .pooled ? Self.pooler.get().address(database) : cluster.address(database)
            store = try PostgresSessionStore.open(at: PostgresAddress(location), key: .key(key))
        }
    }

    var manager: SessionManager {
        SessionManager(
            store: store, issuer: WixTokenIssuer(url: url, transport: CurlTransport()), name: "test")
    }

    /// A session with an expired access token and a working refresh token.
    func expiredSession() async throws -> VisitorSession {
        let session = try await manager.generate(clientID: Sandbox.clientID)
        var tokens = try #require(try await store.opened(session.id)).tokens
        tokens.accessToken?.expiresAt = Date() - .seconds(60)
        return try await manager.set(tokens, on: session.id).session
    }

    /// Starts a worker on a session. It kills itself at `step`.
    func spawn(_ id: SessionID, crashingAt step: String? = nil, output: String) throws -> ChildProcess {
        var environment = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
        environment["SESSION_INSPECTOR_KEY"] = key.base64().reveal()
        // Like another host: only the store and the key are shared.
        environment["HOME"] = sandbox.scratchFile()
        let arguments = [Self.worker.path, location, url.description, id.description]
        return try ChildProcess(arguments + [step].compactMap(\.self), environment: environment, output: output)
    }

    /// Runs a worker. Returns its exit status and output.
    func work(_ id: SessionID, crashingAt step: String? = nil) async throws -> (status: Int32, output: String) {
        let output = sandbox.scratchFile()
        defer { unlink(output) }
        let status = try await spawn(id, crashingAt: step, output: output).end()
        return (status, try String(contentsOfFile: output, encoding: .utf8))
    }

    func state(_ id: SessionID) async throws -> SessionState? {
        try await store.session(id)?.state(at: Date(), policy: SessionPolicy())
    }
}
