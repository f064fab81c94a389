import Foundation
import GRDB
import SessionSQL
public import VisitorSessions

/// Checks for `doctor`.
extension SQLiteSessionStore {
    public func schemaVersion() async throws(StoreError) -> Int {
        try await database.read { db in Int(try db.number("PRAGMA user_version") ?? 0) }
    }

    /// The sizes of the database and its log in bytes. 0: missing.
    public func sizes() -> (database: Int, log: Int) {
        func size(_ path: String) -> Int { FileStamp(at: path).map { Int($0.size) } ?? 0 }
        return (size(path), size(StoreFolder(url: url).logPath))
    }

    /// Problems in the file, at most `limit`. Empty: none. Reads the whole database.
    public func integrityCheck(limit: Int = 20) async throws(StoreError) -> [String] {
        do {
            return try await database.read { db in
                // A row may hold several lines, which quote only the schema.
                let lines = try db.rows("PRAGMA integrity_check(\(raw: "\(max(limit, 1))"))", upTo: limit) {
                    $0.text(0)
                }
                var problems = lines.flatMap { $0.split(separator: "\n").map(String.init) }.filter { $0 != "ok" }
                let orphans = try db.number(
                    "SELECT count(*) FROM (SELECT 1 FROM session WHERE id NOT IN (SELECT session FROM tokens) LIMIT 1000)"
                )
                if let orphans, orphans > 0 {
                    problems.append("\(orphans) \(orphans == 1 ? "session has" : "sessions have") no tokens.")
                }
                return Array(problems.prefix(limit))
            }
        } catch {
            // A file too damaged to check is a finding, too.
            guard error.kind == .unusable else { throw error }
            return ["\(error.message) (\(error.detail ?? "no detail"))"]
        }
    }

    /// Moves the log into the database and empties it. Returns `false` if a reader or another program's writer still
    /// needs it; nothing is lost.
    @discardableResult
    public func checkpoint() async throws(StoreError) -> Bool {
        try await database.checkpoint()
    }

    public func findings() async throws(StoreError) -> [StoreFinding] {
        let sizes = sizes()
        let version = try await schemaVersion()
        let size = "\(sizes.database / 1024) KiB, log \(sizes.log / 1024) KiB"
        var found = [StoreFinding(.good, "store", "\(name), version \(version), \(size)")]
        let problems = try await integrityCheck()
        found.append(
            problems.isEmpty
                ? StoreFinding(.good, "integrity", "ok")
                : StoreFinding(
                    .bad, "integrity", problems.joined(separator: " "),
                    remedy: "Copy the file, then run: session-inspector export --all --as session > backup.jsonl"))
        if sizes.log > 64 << 20 {
            found.append(
                StoreFinding(
                    .note, "log",
                    "The write-ahead log is large: another program may have been reading the store for a long time",
                    remedy: "It shrinks when that program finishes."))
        }
        return found
    }
}
