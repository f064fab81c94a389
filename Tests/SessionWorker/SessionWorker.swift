import Foundation
import PostgresSessions
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// One process of a fleet, for tests: asks a manager for a session's tokens, and dies on the way where it is told to.
///
/// `session-worker STORE ISSUER SESSION [STEP]`, with the sealing key in `SESSION_INSPECTOR_KEY`. Prints the state of the
/// session and a digest of its tokens. STEP names a call and a side of it, such as `before-lease`: there it kills itself, as
/// no signal handler and no `defer` could soften.
@main
struct SessionWorker {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let environment = ProcessInfo.processInfo.environment
        guard arguments.count >= 4, let key = SealingKey(base64: environment["SESSION_INSPECTOR_KEY"] ?? ""),
            let id = SessionID(arguments[3])
        else { exit(64) }
        let death = Death(at: arguments.dropFirst(4).first)
        if PostgresAddress.isPostgresURI(arguments[1]) {
            let store = try PostgresSessionStore.open(at: PostgresAddress(arguments[1]), key: .key(key), connections: 1)
            try await work(on: id, in: store, arguments, death)
        } else {
            let store = try SQLiteSessionStore.open(at: URL(filePath: arguments[1]), key: .key(key))
            try await work(on: id, in: store, arguments, death)
        }
    }

    private static func work(
        on id: SessionID, in store: some SessionBrowser & StoreMaintenance, _ arguments: [String], _ death: Death
    ) async throws {
        let issuer = WixTokenIssuer(url: try IssuerURL(arguments[2]), transport: CurlTransport())
        var policy = SessionPolicy()
        // Tests do not wait a minute for a dead process's lease.
        policy.leaseDuration = .seconds(death.isPlanned ? 1 : 60)
        let manager = SessionManager(
            store: DyingStore(store: store, death: death), issuer: DyingIssuer(issuer: issuer, death: death),
            policy: policy, name: "worker \(ProcessInfo.processInfo.processIdentifier)")
        do {
            let tokens = try await manager.tokens(of: id)
            print("tokens \(tokens.hashed)")
        } catch {
            print("error \(error.kind)")
        }
    }
}

extension Tokens {
    /// Enough to tell pairs apart, and to see that both halves belong together.
    fileprivate var hashed: String {
        [accessToken?.value, refreshToken?.value].map { token in
            let bytes = Array((token?.reveal() ?? "").utf8)
            return String(
                bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16)
        }
        .joined(separator: " ")
    }
}
