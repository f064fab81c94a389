import Foundation
import GRDBSQLite
import SQLiteSessions
import VisitorSessions

/// What a store costs beside SQLite itself: the two durable writes of a renewal, commits of as many bytes that SQLite makes
/// by itself on the same disk, and sealing. Prints figures a second, as JSON.
///
/// `store-measures FOLDER`, on the disk that is meant.
@main
struct StoreMeasures {
    private static let rounds = 7
    private static let writesPerRound = 300

    private let store: SQLiteSessionStore
    private let raw: RawDatabase
    private let token = Secret(String(repeating: "t0k3n-", count: 110))

    static func main() async throws {
        guard let path = CommandLine.arguments.dropFirst().first else {
            print("usage: store-measures FOLDER")
            exit(64)
        }
        let folder = URL(filePath: path).appending(path: "measures-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // What is left are files of a measurement.
        try await StoreMeasures(in: folder).run()
    }

    private init(in folder: URL) throws {
        store = try SQLiteSessionStore.open(at: folder.appending(path: "sessions.sqlite"), key: .key(SealingKey()))
        raw = try RawDatabase(at: folder.appending(path: "raw.sqlite").path)
    }

    private func run() async throws {
        var session = VisitorSession(label: "measured", clientID: "client", tokens: tokens(0), at: Date())
        session = try await store.insert(session, tokens: tokens(0), entry: .init(.generated, actor: "measures"))
        var figures: [String: [Double]] = [:]
        // In turns, so that both have the same disk.
        for round in 0..<Self.rounds {
            let renewals = try await perSecond(Self.writesPerRound / 2) { number in
                session = try await self.renew(session, round * 1000 + number)
            }
            figures["renewal writes", default: []].append(renewals * 2)
            let bytes = Data(repeating: UInt8(round), count: token.reveal().utf8.count)
            let commits = try await perSecond(Self.writesPerRound) { number in try self.raw.commit(bytes, number) }
            figures["raw commits", default: []].append(commits)
        }
        let seal = TokenSeal(SealingKey())
        let sealed = try seal.seal(token, of: session.id, in: .access)
        for _ in 0..<Self.rounds {
            let seals = try await perSecond(5000) { _ in _ = try seal.seal(token, of: session.id, in: .access) }
            figures["seals", default: []].append(seals)
            let opened = try await perSecond(5000) { _ in _ = try seal.open(sealed, of: session.id, in: .access) }
            figures["unseals", default: []].append(opened)
        }
        let medians = figures.mapValues { $0.sorted()[$0.count / 2] }
        let json = try JSONSerialization.data(withJSONObject: medians, options: [.sortedKeys])
        print(String(decoding: json, as: UTF8.self))
    }

    /// As a renewal writes: the lease with “sent”, and then the new pair with its line in the journal.
    private func renew(_ session: VisitorSession, _ number: Int) async throws -> VisitorSession {
        var leased = try await store.lease(session, to: "measures", for: .seconds(60), within: nil)
        leased.lease = nil
        leased.sentAt = nil
        leased.renewalCount += 1
        return try await store.update(leased, tokens: tokens(number), entry: .init(.renewed, actor: "measures"))
    }

    private func tokens(_ number: Int) -> Tokens {
        Tokens(
            accessToken: AccessToken(
                Secret("\(number)" + token.reveal()), expiresAt: Date() + .seconds(14_400), visitorID: "visitor"),
            refreshToken: RefreshToken(token, role: .visitor, expiresAt: Date() + .seconds(365 * 86_400)))
    }

    private func perSecond(_ count: Int, _ body: (Int) async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        for number in 0..<count { try await body(number) }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }
}
