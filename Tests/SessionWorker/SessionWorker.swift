import Foundation
import PostgresSessions
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// A worker process for tests: `session-worker STORE ISSUER SESSION [STEP]`, with the sealing key in `SESSION_INSPECTOR_KEY`.
///
/// Gets the session's tokens and prints a digest of them, or the error's kind. It kills itself at STEP, the name of a call
/// and a side of it, such as `before-lease`.
@main
struct SessionWorker {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let environment = ProcessInfo.processInfo.environment
        guard arguments.count >= 4, let key = SealingKey(base64: environment["SESSION_INSPECTOR_KEY"] ?? ""),
            let id = SessionID(arguments[3])
        else { exit(64) }
        let crashPoint = CrashPoint(step: arguments.dropFirst(4).first)
        if PostgresAddress.isPostgresURI(arguments[1]) {
            let store = try PostgresSessionStore.open(at: PostgresAddress(arguments[1]), key: .key(key), connections: 1)
            try await work(on: id, in: store, arguments, crashPoint)
        } else {
            let store = try SQLiteSessionStore.open(at: URL(filePath: arguments[1]), key: .key(key))
            try await work(on: id, in: store, arguments, crashPoint)
        }
    }

    private static func work(
        on id: SessionID, in store: some SessionBrowser & StoreMaintenance, _ arguments: [String],
        _ crashPoint: CrashPoint
    ) async throws {
        let issuer = WixTokenIssuer(url: try IssuerURL(arguments[2]), transport: CurlTransport())
        var policy = SessionPolicy()
        // Tests don't wait a minute for a dead process's lease.
        policy.leaseDuration = .seconds(crashPoint.step != nil ? 1 : 60)
        let manager = SessionManager(
            store: CrashingStore(store: store, crashPoint: crashPoint),
            issuer: CrashingIssuer(issuer: issuer, crashPoint: crashPoint),
            policy: policy, name: "worker \(ProcessInfo.processInfo.processIdentifier)")
        do {
            let tokens = try await manager.tokens(of: id)
            print("tokens \(tokens.digest)")
        } catch {
            print("error \(error.kind)")
        }
    }
}

extension Tokens {
    /// Identifies both tokens of a pair.
    fileprivate var digest: String {
        [accessToken?.value, refreshToken?.value].map { token in
            let bytes = Array((token?.reveal() ?? "").utf8)
            return String(
                bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16)
        }
        .joined(separator: " ")
    }
}
