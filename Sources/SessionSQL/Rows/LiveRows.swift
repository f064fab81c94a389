import Foundation
package import VisitorSessions

/// Recorded requests, their sources, and one row for each session that has any.
package enum RequestRows {
    // MARK: Reading

    /// The newest requests of a session, newest first.
    package static func newest(_ limit: Int, of id: SessionID, _ dialect: Dialect) -> SQLText {
        """
        \(selection(dialect)) WHERE request.session = \(id) ORDER BY request.position DESC LIMIT \(max(limit, 0))
        """
    }

    /// The requests of all sessions after `position`, oldest first.
    package static func after(_ position: Int, limit: Int, _ dialect: Dialect) -> SQLText {
        """
        \(selection(dialect)) WHERE request.position > \(position) ORDER BY request.position LIMIT \(max(limit, 0))
        """
    }

    private static func selection(_ dialect: Dialect) -> SQLText {
        """
        SELECT live_source.id, live_source.kind, live_source.label, request.position, request.session,
            request.fingerprint, request.at, request.process, request.method, request.path, request.status,
            request.failure, request.first_byte, request.duration, request.bytes, request.request_id,
            request.grant_type, request.flags
        FROM \(dialect.request) JOIN \(dialect.liveSource) ON live_source.id = request.source
        """
    }

    /// `nil` if the row is unreadable.
    package static func request(_ row: any SQLRow) -> LiveRequest? {
        guard let source = source(row), let position = row.number(3), let session = row.id(4), let at = row.date(6),
            let method = row.text(8), let path = row.text(9), let outcome = outcome(row, 10),
            let duration = row.number(13), let bytes = row.number(14), let flags = row.number(17)
        else { return nil }
        let draft = LiveRequest.Draft(
            of: session, at: at, process: process(row, 7), method: method, path: path, outcome: outcome,
            timeToFirstByte: row.number(12).map { .milliseconds($0) }, duration: .milliseconds(duration),
            byteCount: Int(bytes), requestID: row.text(15), grant: row.text(16),
            flags: LiveRequest.Flags(rawValue: Int(flags)))
        return LiveRequest(
            position: Int(position), source: source, fingerprint: row.bytes(5).flatMap { TokenFingerprint($0) },
            draft: draft)
    }

    /// The sessions among `sessions` that have recorded requests.
    package static func liveSessions(
        among sessions: [SessionID], _ clock: StoreClock, _ db: any SQLConnection
    ) throws -> [SessionID: LiveSession] {
        // Usually, no application has ever been recorded.
        guard try db.first("SELECT 1 FROM \(db.dialect.liveSession) LIMIT 1", { _ in true }) != nil else { return [:] }
        let found = try db.rows(live(sessions, clock, db.dialect), liveSession)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.session) })
    }

    private static func live(_ sessions: [SessionID], _ clock: StoreClock, _ dialect: Dialect) -> SQLText {
        """
        SELECT live_source.id, live_source.kind, live_source.label, live_session.session, live_session.process,
            live_session.requests, live_session.last_at, live_session.last_status, live_session.last_failure,
            CASE WHEN \(dialect.isLive(clock)) THEN live_source.deadline END
        FROM \(dialect.liveSession) JOIN \(dialect.liveSource) ON live_source.id = live_session.source
        WHERE live_session.session IN \(sessions)
        """
    }

    /// `nil` if the row is unreadable.
    private static func liveSession(_ row: any SQLRow) -> (id: SessionID, session: LiveSession)? {
        guard let source = source(row), let id = row.id(3), let requests = row.number(5), let at = row.date(6),
            let outcome = outcome(row, 7)
        else { return nil }
        let session = LiveSession(
            source: source, process: process(row, 4), liveUntil: row.date(9), requestCount: Int(requests),
            lastRequestAt: at, lastOutcome: outcome)
        return (id, session)
    }

    /// The highest position ever assigned.
    package static func end(_ db: any SQLConnection) throws -> Int {
        let query: SQLText =
            db.dialect == .sqlite
            ? "SELECT seq FROM sqlite_sequence WHERE name = 'request'"
            : "SELECT requests FROM \(db.dialect.table("journal_head"))"
        return try db.number(query).map(Int.init) ?? 0
    }

    private static func source(_ row: any SQLRow) -> LiveSource? {
        guard let id = row.text(0).flatMap({ UUID(uuidString: $0) }),
            let kind = row.text(1).flatMap(LiveSource.Kind.init(rawValue:)), let label = row.text(2)
        else { return nil }
        return LiveSource(id: id, kind, label: label)
    }

    private static func process(_ row: any SQLRow, _ column: Int) -> Int32? {
        row.number(column).flatMap { Int32(exactly: $0) }
    }

    private static func outcome(_ row: any SQLRow, _ column: Int) -> LiveRequest.Outcome? {
        row.number(column).map { .status(Int($0)) } ?? row.text(column + 1).map { .failure($0) }
    }
}

extension Dialect {
    package var request: SQLText { table("request") }
    package var liveSession: SQLText { table("live_session") }
    package var liveSource: SQLText { table("live_source") }

    /// Whether a row of `live_session` and `live_source` is live, as in ``RequestStore/liveSessions(among:)``.
    fileprivate func isLive(_ clock: StoreClock) -> SQLText {
        """
        (live_source.deadline > \(clock.sql) AND (
            NOT EXISTS (
                SELECT 1 FROM \(request) WHERE request.position = live_session.last_position
                    AND (request.flags & \(LiveRequest.Flags.asSubstitute.rawValue)) <> 0)
            OR live_session.session IN (SELECT target FROM (\(SubstitutionRows.query(self))) AS substituted)))
        """
    }

    /// The IDs of the sessions whose last request came from a source that matches one of `sources`; if empty, any
    /// source.
    ///
    /// - Parameter isLive: `true`: only sources that are live now.
    package func usedSessions(isLive: Bool?, sources: Set<String> = [], _ clock: StoreClock) -> SQLText {
        var conditions: [SQLText] = isLive == true ? [self.isLive(clock)] : []
        if !sources.isEmpty {
            let parts = sources.sorted().map { VisitorSession.searchText($0) }
            let matches = parts.map { part -> SQLText in
                self == .sqlite
                    ? "instr(live_source.search_text, \(part)) > 0" : "position(\(part) IN live_source.search_text) > 0"
            }
            conditions.append("(\(matches.joined(" OR ")))")
        }
        return """
            SELECT live_session.session FROM \(liveSession) JOIN \(liveSource) ON live_source.id = live_session.source
            WHERE \((["TRUE"] + conditions).joined(" AND "))
            """
    }
}

/// Where applications keep tokens.
enum PlaceRows {
    static func remember(_ place: TokenPlace, _ dialect: Dialect) -> SQLText {
        """
        INSERT INTO \(dialect.table("place")) (origin, kind, name, attributes, form)
        VALUES (\(place.origin), \(place.kind.rawValue), \(place.name), \(place.attributes), \(place.form))
        ON CONFLICT (origin, kind, name) DO UPDATE SET attributes = excluded.attributes, form = excluded.form
        """
    }

    static func origins(_ dialect: Dialect) -> SQLText {
        "SELECT DISTINCT origin FROM \(dialect.table("place")) ORDER BY origin"
    }

    static func query(of origin: String, _ dialect: Dialect) -> SQLText {
        """
        SELECT origin, kind, name, attributes, form FROM \(dialect.table("place"))
        WHERE origin = \(origin) ORDER BY kind, name
        """
    }

    /// `nil` if the row is unreadable.
    static func place(_ row: any SQLRow) -> TokenPlace? {
        guard let origin = row.text(0), let kind = row.text(1).flatMap(TokenPlace.Kind.init(rawValue:)),
            let name = row.text(2), let attributes = row.text(3), let form = row.text(4)
        else { return nil }
        return TokenPlace(origin: origin, kind: kind, name: name, attributes: attributes, form: form)
    }
}

/// Which sessions' tokens are substituted in running applications. Rows of purged sessions don't count.
enum SubstitutionRows {
    static func replacement(of id: SessionID, with target: SessionID, _ dialect: Dialect) -> SQLText {
        """
        INSERT INTO \(table(dialect)) (session, target) VALUES (\(id), \(target))
        ON CONFLICT (session) DO UPDATE SET target = excluded.target
        """
    }

    /// Deletes the session's row, and those of purged sessions.
    static func deletion(of id: SessionID, _ dialect: Dialect) -> SQLText {
        """
        DELETE FROM \(table(dialect)) WHERE session = \(id)
        OR session NOT IN (SELECT id FROM \(dialect.session)) OR target NOT IN (SELECT id FROM \(dialect.session))
        """
    }

    static func query(_ dialect: Dialect) -> SQLText {
        """
        SELECT session, target FROM \(table(dialect))
        WHERE EXISTS (SELECT 1 FROM \(dialect.session) WHERE id = substitution.session)
        AND EXISTS (SELECT 1 FROM \(dialect.session) WHERE id = substitution.target) ORDER BY session
        """
    }

    /// `nil` if the row is unreadable.
    static func substitution(_ row: any SQLRow) -> Substitution? {
        guard let session = row.id(0), let target = row.id(1) else { return nil }
        return Substitution(of: session, with: target)
    }

    private static func table(_ dialect: Dialect) -> SQLText { dialect.table("substitution") }
}
