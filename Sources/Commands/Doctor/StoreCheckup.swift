import Foundation
import PostgresSessions
import SQLiteSessions
import VisitorSessions

/// Looks at the store and its key. Changes nothing.
struct StoreCheckup {
    let workbench: Workbench
    let paths: Paths
    let environment: [String: String]

    /// Whether the tokens of all sessions are opened, and not of some alone.
    let opensAll: Bool

    func findings() async -> [Finding] {
        var found = [key()]
        do {
            if let store = workbench.store as? SQLiteSessionStore { found += try await sqlite(store) }
            if let store = workbench.store as? PostgresSessionStore { found += try await postgres(store) }
            found.append(
                try await TokenCheckup(workbench: workbench, keys: paths.keyFile.path, isWhole: opensAll).finding())
        } catch {
            found.append(
                .bad("store", Failure(error)?.message ?? "It cannot be read.", "Try again, or look at its file."))
        }
        return found
    }

    private func sqlite(_ store: SQLiteSessionStore) async throws -> [Finding] {
        let sizes = store.sizes()
        let version = try await store.schemaVersion()
        let size = "\(sizes.database / 1024) KiB and a log of \(sizes.log / 1024) KiB"
        var found = [Finding.good("store", "\(store.name), version \(version), \(size)")]
        let problems = try await store.integrityCheck()
        found.append(
            problems.isEmpty
                ? .good("integrity", "whole")
                : .bad(
                    "integrity", problems.joined(separator: " "),
                    "Copy the file away, then: session-inspector export --all --as session > back-up.jsonl"))
        if sizes.log > 64 << 20 {
            found.append(
                .note("log", "It is large: another program may read the store for long", "It shrinks when that ends."))
        }
        return found
    }

    private func postgres(_ store: PostgresSessionStore) async throws -> [Finding] {
        let facts = try await store.checkup()
        // What is beyond a pooler cannot be seen from here.
        let place = facts.isToldOfChanges ? "" : " as far as the pooler"
        let server = "PostgreSQL \(facts.serverVersion), \(facts.isEncrypted ? "encrypted\(place)" : "not encrypted")"
        var found = [Finding.good("store", "\(store.name), version \(facts.schemaVersion), \(server)")]
        if !facts.isToldOfChanges {
            found.append(
                .note("changes", "A pooler stands between", "Other hosts' changes are looked for twice a second."))
        }
        if !facts.hasWordIndex {
            found.append(
                .note(
                    "words", "Filtering by words reads the whole table: pg_trgm is not installed",
                    "CREATE EXTENSION pg_trgm; CREATE INDEX CONCURRENTLY session_by_words ON session_inspector.session USING gin (search_text gin_trgm_ops);"
                ))
        }
        if abs(facts.clockOffset) > 5 {
            found.append(
                .note(
                    "server clock", "It is \(Int(facts.clockOffset.rounded())) seconds off this machine's",
                    "Leases and budgets go by the server's. Set the one that is wrong."))
        }
        if StoreLocation.shown(workbench.configuration.store ?? "") != workbench.configuration.store {
            found.append(
                .note(
                    "password", "It stands in the store's address, where others may see it",
                    "Put it into ~/.pgpass (mode 0600), which libpq reads."))
        }
        return found
    }

    private func key() -> Finding {
        if environment["SESSION_INSPECTOR_KEY"]?.nonEmpty != nil {
            return .good("key", "taken from SESSION_INSPECTOR_KEY")
        }
        let path = paths.keyFile.path
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .note("key", "there is none yet: \(path)", "It is made with the first session.")
        }
        guard status.st_mode & 0o077 == 0 else {
            return .bad("key", "others may read \(path)", "chmod 600 \(path)")
        }
        return .good("key", "\(path), for you alone")
    }
}
