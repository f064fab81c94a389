import Foundation
import VisitorSessions

extension SessionWrite {
    /// PostgreSQL limits a statement to 65,535 parameters.
    private static let rowsPerStatement = 1000

    /// Appends recorded requests and keeps their source alive, within ``RequestLimits``.
    ///
    /// PostgreSQL: writers wait at the journal's head, so requests become visible in the order of their positions.
    func append(
        _ drafts: [LiveRequest.Draft], from source: LiveSource, liveFor duration: Duration
    ) throws {
        let end = try reservePositions(drafts.count)
        let milliseconds = Int64(duration.inSeconds * 1000)
        try db.run(
            """
            INSERT INTO \(db.dialect.liveSource) (id, kind, label, search_text, deadline)
            VALUES (\(source.id.uuidString), \(source.kind.rawValue), \(source.label), \(source.searchText),
                \(clock.sql) + \(milliseconds))
            ON CONFLICT (id) DO UPDATE SET label = excluded.label, search_text = excluded.search_text,
                deadline = excluded.deadline
            """)
        guard !drafts.isEmpty else { return }
        let size = db.dialect == .sqlite ? 1 : Self.rowsPerStatement
        let placed = drafts.enumerated().map { (position: end - drafts.count + 1 + $0, draft: $1) }
        for start in stride(from: 0, to: placed.count, by: size) {
            try insert(placed[start..<min(start + size, placed.count)], from: source)
        }
        let bySession = Dictionary(grouping: placed, by: \.draft.session).sorted { $0.key < $1.key }
        for start in stride(from: 0, to: bySession.count, by: size) {
            let group = bySession[start..<min(start + size, bySession.count)]
            try count(group.compactMap { id, placed in placed.last.map { (id, placed.count, $0) } }, of: source)
            try trimEach(group.map(\.key))
        }
        try trimRequests(at: clock.now(db))
    }

    /// Deletes requests beyond the limits on number and age, and the rows that only those requests need.
    func trimRequests(at now: Date) throws {
        let oldest = Milliseconds.floor(now - RequestLimits.age)
        let old = try db.number("SELECT max(position) FROM \(db.dialect.request) WHERE stored_at <= \(oldest)")
        let count = try db.number("SELECT count(*) FROM \(db.dialect.request)") ?? 0
        let excess = Int(count) - RequestLimits.total
        let surplus =
            excess <= 0
            ? nil
            : try db.number(
                "SELECT position FROM \(db.dialect.request) ORDER BY position LIMIT 1 OFFSET \(excess - 1)")
        guard let last = [old, surplus].compactMap(\.self).max() else { return }
        try db.run("DELETE FROM \(db.dialect.request) WHERE position <= \(last)")
        try db.run("DELETE FROM \(db.dialect.liveSession) WHERE last_position <= \(last)")
        try db.run("DELETE FROM \(db.dialect.liveSource) WHERE deadline <= \(oldest)")
    }

    /// Deletes the requests of purged sessions.
    func deleteRequests(of sessions: [SessionID]) throws {
        let isUsed = try db.first("SELECT 1 FROM \(db.dialect.liveSession) LIMIT 1") { _ in true } ?? false
        guard isUsed, !sessions.isEmpty else { return }
        for group in db.dialect == .sqlite ? sessions.map({ [$0] }) : [sessions] {
            try db.run("DELETE FROM \(db.dialect.request) WHERE session IN \(group)")
            try db.run("DELETE FROM \(db.dialect.liveSession) WHERE session IN \(group)")
        }
    }

    // MARK: Pieces

    private typealias Placed = (position: Int, draft: LiveRequest.Draft)

    /// The last of `count` new positions. Announces the write.
    private func reservePositions(_ count: Int) throws -> Int {
        guard db.dialect == .postgres else { return try RequestRows.end(db) + count }
        let head: SQLText = """
            UPDATE \(db.dialect.table("journal_head")) SET requests = requests + \(count), writes = writes + 1
            RETURNING requests, pg_notify(\(JournalRows.channel), \(writer)) IS NULL
            """
        guard let end = try db.number(head) else {
            throw StoreError(.unusable, "The store's journal position is missing. Restore a backup.")
        }
        return Int(end)
    }

    private func insert(_ placed: ArraySlice<Placed>, from source: LiveSource) throws {
        let rows = placed.map { position, draft -> SQLText in
            let outcome = draft.outcome.columns
            let fingerprint = draft.token.map { seal.fingerprint($0).bytes }
            return """
                (\(position), \(draft.session), \(source.id.uuidString), \(clock.sql), \(.time(draft.at)),
                \(draft.process.map(Int64.init)), \(draft.method), \(draft.path), \(outcome.status),
                \(outcome.failure), \(draft.timeToFirstByte?.inMilliseconds),
                \(draft.duration.inMilliseconds), \(draft.byteCount), \(draft.requestID), \(draft.grant),
                \(draft.flags.rawValue), \(fingerprint))
                """
        }
        try db.run(
            """
            INSERT INTO \(db.dialect.request) (position, session, source, stored_at, at, process, method, path, status,
                failure, first_byte, duration, bytes, request_id, grant_type, flags, fingerprint)
            VALUES \(rows.joined(", "))
            """)
    }

    /// Adds to the sessions' counts, and records their last requests.
    private func count(_ sessions: [(id: SessionID, count: Int, last: Placed)], of source: LiveSource) throws {
        let rows = sessions.map { id, count, last -> SQLText in
            let outcome = last.draft.outcome.columns
            return """
                (\(id), \(source.id.uuidString), \(last.draft.process.map(Int64.init)), \(count), \(last.position),
                \(.time(last.draft.at)), \(outcome.status), \(outcome.failure))
                """
        }
        try db.run(
            """
            INSERT INTO \(db.dialect.liveSession) AS known
                (session, source, process, requests, last_position, last_at, last_status, last_failure)
            VALUES \(rows.joined(", "))
            ON CONFLICT (session) DO UPDATE SET source = excluded.source, process = excluded.process,
                requests = known.requests + excluded.requests, last_position = excluded.last_position,
                last_at = excluded.last_at, last_status = excluded.last_status, last_failure = excluded.last_failure
            """)
    }

    /// Deletes the oldest requests of sessions that have too many.
    private func trimEach(_ sessions: [SessionID]) throws {
        try db.run(
            """
            DELETE FROM \(db.dialect.request) WHERE position IN (
                SELECT position FROM (
                    SELECT position, row_number() OVER (PARTITION BY session ORDER BY position DESC) AS number
                    FROM \(db.dialect.request) WHERE session IN (
                        SELECT session FROM \(db.dialect.liveSession)
                        WHERE session IN \(sessions) AND requests > \(RequestLimits.perSession))
                ) AS numbered WHERE number > \(RequestLimits.perSession))
            """)
    }
}

extension LiveRequest.Outcome {
    fileprivate var columns: (status: Int64?, failure: String?) {
        switch self {
        case .status(let status): (Int64(status), nil)
        case .failure(let reason): (nil, reason)
        }
    }
}
