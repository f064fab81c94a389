import Foundation
import GRDB
import SessionSQL
public import VisitorSessions

/// What a check-up of a store looks at, and the one thing that it may do.
extension SQLiteSessionStore {
    /// The version of the tables.
    public func schemaVersion() async throws(StoreError) -> Int {
        try await database.read { db in Int(try db.number("PRAGMA user_version") ?? 0) }
    }

    /// The sizes of the database and of its log, in bytes. 0: there is no such file.
    public func sizes() -> (database: Int, log: Int) {
        func size(_ path: String) -> Int { FileStamp(at: path).map { Int($0.size) } ?? 0 }
        return (size(path), size(StoreFolder(url: url).logPath))
    }

    /// What is wrong with the file, in sentences: at most `limit`. Empty: nothing. Reads the whole database.
    public func integrityCheck(limit: Int = 20) async throws(StoreError) -> [String] {
        do {
            return try await database.read { db in
                // One row may hold several lines. What they quote is the schema's, never a row's.
                let lines = try db.rows("PRAGMA integrity_check(\(raw: "\(max(limit, 1))"))", upTo: limit) {
                    $0.text(0)
                }
                var problems = lines.flatMap { $0.split(separator: "\n").map(String.init) }.filter { $0 != "ok" }
                let orphans = try db.number(
                    "SELECT count(*) FROM (SELECT 1 FROM session WHERE id NOT IN (SELECT session FROM tokens) LIMIT 1000)"
                )
                if let orphans, orphans > 0 { problems.append("\(orphans) sessions have lost their tokens.") }
                return Array(problems.prefix(limit))
            }
        } catch {
            // A file that is too damaged to be checked is a finding, too.
            guard error.kind == .unusable else { throw error }
            return ["\(error.message) (\(error.detail ?? "no detail"))"]
        }
    }

    /// Moves everything from the log into the database, and empties the log. Returns whether it could: a reader, or
    /// another program's writer, may need the log just now, and nothing is lost by leaving it.
    @discardableResult
    public func checkpoint() async throws(StoreError) -> Bool {
        try await database.checkpoint()
    }

    public func findings() async throws(StoreError) -> [StoreFinding] {
        let sizes = sizes()
        let version = try await schemaVersion()
        let size = "\(sizes.database / 1024) KiB and a log of \(sizes.log / 1024) KiB"
        var found = [StoreFinding(.good, "store", "\(name), version \(version), \(size)")]
        let problems = try await integrityCheck()
        found.append(
            problems.isEmpty
                ? StoreFinding(.good, "integrity", "whole")
                : StoreFinding(
                    .bad, "integrity", problems.joined(separator: " "),
                    remedy: "Copy the file away, then: session-inspector export --all --as session > back-up.jsonl"))
        if sizes.log > 64 << 20 {
            found.append(
                StoreFinding(
                    .note, "log", "It is large: another program may read the store for long",
                    remedy: "It shrinks when that ends."))
        }
        return found
    }
}
