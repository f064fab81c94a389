import Foundation
import GRDB
import Testing
import VisitorSessions

@testable import SQLiteSessions

/// A temporary folder for a test's store and key, deleted with it.
final class TemporaryStore: Sendable {
    let folder: URL
    let url: URL
    let keyFile: SealingKeyFile

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)")
        url = folder.appending(path: "state/sessions.sqlite")
        keyFile = SealingKeyFile(folder.appending(path: "configuration/key"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    deinit {
        // Leftovers are in the system's temporary folder.
        try? FileManager.default.removeItem(at: folder)
    }

    var key: SealingKeySource { .file(keyFile) }

    /// - Parameter busyTimeout: For how long another connection's lock is waited for. One that ends may hold it a moment longer
    ///   than its store.
    func open(
        readOnly: Bool = false, key: SealingKeySource? = nil, busyTimeout: Duration = .seconds(10)
    ) throws -> SQLiteSessionStore {
        try SQLiteSessionStore.open(
            StoreOpener(url: url, source: key ?? self.key, readOnly: readOnly, busyTimeout: busyTimeout))
    }

    /// Stores a session and returns it.
    @discardableResult
    func insert(_ label: String = "", into store: SQLiteSessionStore) async throws -> VisitorSession {
        let tokens = Self.tokens(label)
        let session = VisitorSession(label: label, clientID: "client", tokens: tokens, at: Date())
        return try await store.insert(session, tokens: tokens, entry: JournalEntry.Draft(.generated, actor: "test"))
    }

    static func tokens(_ name: String) -> Tokens {
        Tokens(
            accessToken: AccessToken(Secret("access-secret-\(name)"), expiresAt: Date() + .seconds(3600)),
            refreshToken: RefreshToken(Secret("refresh-secret-\(name)"), expiresAt: nil))
    }

    /// Another program's connection, which may leave a transaction open.
    func otherProgram() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: url.path, configuration: configuration)
    }

    func mode(_ suffix: String = "") throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path + suffix)[.posixPermissions] as? Int
    }

    func exists(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.path)
    }

    /// The contents of all files in the folder by relative path.
    func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let url = folder.appending(path: path)
            do {
                let type = try FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
                if type == .typeRegular { files[path] = try Data(contentsOf: url) }
            } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
                // SQLite may be deleting its files, if the last connection is closing.
            }
        }
        return files
    }

    /// All sessions that aren't discarded.
    func list(_ store: SQLiteSessionStore, _ filter: SessionFilter = SessionFilter()) async throws -> [VisitorSession] {
        try await store.page(SessionQuery(filter: filter, limit: 1000, now: Date(), policy: SessionPolicy()))
    }
}

extension SessionID {
    /// The ID as stored in a column.
    var blob: Data { Data(bytes) }
}
