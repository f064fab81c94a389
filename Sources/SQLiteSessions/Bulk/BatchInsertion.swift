import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// The insertion of many new sessions, inside one transaction.
struct BatchInsertion {
    private let db: Database
    private let seal: TokenSeal
    private let now: Date
    private let times: ClosedRange<Duration>

    // Looked up once: there are as many executions as rows.
    private let mention, session, tokens, entry: Statement

    /// - Parameter times: For how long rows of sessions are inserted. Before the lower bound waiting writers are ignored: a few
    ///   rows cost nearly as much as thousands. It stops at the upper one, because not all waiting writers are seen, and as
    ///   much again is to be done for the tokens and words of the sessions.
    init(
        _ db: Database, seal: TokenSeal, at now: Date,
        for times: ClosedRange<Duration> = .milliseconds(200) ... .seconds(2)
    ) throws {
        self.db = db
        self.seal = seal
        self.now = now
        self.times = times
        mention = try db.cachedStatement(sql: Self.mention(of: seal.keyIDs.count))
        session = try db.cachedStatement(sql: SessionValues.insertion(.sqlite) + " ON CONFLICT (id) DO NOTHING")
        tokens = try db.cachedStatement(sql: TokensRow.replacement(.sqlite))
        entry = try db.cachedStatement(sql: JournalRows.insertion)
    }

    /// Inserts them all, or the first of them if time is up or another writer waits: one table after the other, and in the
    /// order of an index if the order doesn't matter, so that few pages are in use at a time.
    func insert(_ sessions: ArraySlice<PreparedSession>, until isWanted: () -> Bool) throws -> [Insertion] {
        let begun = ContinuousClock.now
        let sessions = try sessions.map { try $0.prepared(with: seal, at: now) }
        let mentioned = try mentioned(among: sessions)
        var insertions: [Insertion] = []
        var stored: [PreparedSession] = []
        var holders: [Data: PreparedSession] = [:]
        for session in sessions {
            let isMentioned = mentioned.contains(ObjectIdentifier(session))
            let insertion = try insert(session, isMentioned: isMentioned, beside: holders)
            insertions.append(insertion)
            if insertion == .stored {
                stored.append(session)
                for fingerprint in session.fingerprints {
                    let isBetter = holders[fingerprint].map { session.new.session.isBetterHolder(than: $0.new.session) }
                    if isBetter != false { holders[fingerprint] = session }
                }
            }
            guard insertions.count.isMultiple(of: 256) else { continue }
            let time = ContinuousClock.now - begun
            if time > times.upperBound || time > times.lowerBound && isWanted() { break }
        }
        for session in stored.sorted(by: { $0.new.session.id < $1.new.session.id }) { try tokens.run(session.tokens) }
        for session in stored { try entry.run(session.entry) }
        return insertions
    }

    /// Inserts the session's own row, if its token isn't known: neither of a session of the store, nor of one of
    /// `holders`, whose tokens are still to be written.
    private func insert(
        _ prepared: PreparedSession, isMentioned: Bool, beside holders: [Data: PreparedSession]
    ) throws -> Insertion {
        let known =
            try (isMentioned ? known(prepared) : [])
            + prepared.tokenFingerprints.compactMap { holders[$0.bytes]?.new.session }
        if let holder = known.first(where: { $0.discardedAt == nil }) ?? known.first { return .duplicate(holder.id) }
        try session.run(prepared.session)
        return db.changesCount == 1 ? .stored : .idConflict
    }

    /// Those whose token is in one of three indexes. Nearly all are new, and this tells.
    private func mentioned(among sessions: [PreparedSession]) throws -> Set<ObjectIdentifier> {
        var mentioned: Set<ObjectIdentifier> = []
        for session in sessions.sorted(by: { $0.place < $1.place }) where !session.tokenFingerprints.isEmpty {
            if try mention.isTrue(session.mention) { mentioned.insert(ObjectIdentifier(session)) }
        }
        return mentioned
    }

    /// Those of the store that have or had its token.
    private func known(_ prepared: PreparedSession) throws -> [VisitorSession] {
        let query = Dialect.sqlite.sessions(holding: prepared.tokenFingerprints, since: .distantPast, limit: 10)
        return try db.rows(query, seal.rows(.sqlite).session)
    }

    private static func mention(of count: Int) -> String {
        let placeholders = SQLText.placeholders(count)
        return """
            SELECT EXISTS (SELECT 1 FROM tokens WHERE refresh_fingerprint IN (\(placeholders)))
                OR EXISTS (SELECT 1 FROM tokens WHERE access_fingerprint IN (\(placeholders)))
                OR EXISTS (SELECT 1 FROM journal WHERE fingerprint IN (\(placeholders)))
            """
    }
}

extension VisitorSession {
    /// Of two with one token, the one in use is named, and then the one with the lesser ID.
    fileprivate func isBetterHolder(than other: VisitorSession) -> Bool {
        (discardedAt == nil) == (other.discardedAt == nil) ? id < other.id : discardedAt == nil
    }
}

/// A new session as it goes into its rows, sealed before the transaction, so that others don't wait for that.
///
/// An object, and never changed: there are thousands, and they are passed on.
final class PreparedSession: Sendable {
    let new: NewSession

    /// The IDs of the keys that it was prepared with, first the one that seals.
    private let keyIDs: [Data]

    /// The values of the statements that insert it, and of the one that asks whether it is known.
    let session, tokens, entry, mention: [SQLText.Value]

    /// Of its tokens as its row has them, first the one by which it is known.
    let fingerprints: [Data]

    /// Of the token by which it is known, with each of the keys.
    let tokenFingerprints: [TokenFingerprint]

    /// Where the token by which it is known is among others in an index: the beginning of its fingerprint.
    let place: UInt64

    init(_ new: NewSession, seal: TokenSeal, at now: Date) throws {
        self.new = new
        let id = new.session.id
        keyIDs = seal.keyIDs
        session = SessionValues(new.session).insertionValues(keyID: seal.keyID)
        (tokens, fingerprints) = try TokensRow(seal: seal).sealed(
            new.tokens, of: id, isInUse: new.session.discardedAt == nil, .sqlite)
        entry = JournalRows.values(new.entry, of: id, at: now, fingerprint: fingerprints.first)
        let others = keyIDs.count == 1 ? [] : new.token.map { seal.fingerprints($0).dropFirst() } ?? []
        tokenFingerprints = fingerprints.prefix(1).compactMap { TokenFingerprint($0) } + others
        place = fingerprints.first?.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 0
        let mentioned = tokenFingerprints.map { SQLText.Value.bytes($0.bytes) }
        mention = mentioned + mentioned + mentioned
    }

    /// The same, if keys haven't been rotated meanwhile.
    func prepared(with seal: TokenSeal, at now: Date) throws -> PreparedSession {
        seal.keyIDs == keyIDs ? self : try PreparedSession(new, seal: seal, at: now)
    }
}

/// Counts and indexes many inserted rows together, at the end of their transaction, and not one by one: the triggers of
/// the table `session` do nothing while `bulk` has a row, which comes and goes within the transaction.
///
/// The index of words is why. With every statement that may have to be undone SQLite asks it for a savepoint, and it then
/// writes what it has gathered: a segment for each session (fts5SavepointMethod).
enum BulkMode {
    static func insert<Value>(_ db: Database, _ insert: () throws -> Value) throws -> Value {
        try db.run("INSERT INTO bulk SELECT coalesce(max(rowid), 0) FROM session")
        let value = try insert()
        for statement in totals { try db.run(statement) }
        if try db.number("SELECT 1 FROM sqlite_schema WHERE name = 'search'") == 1 {
            for statement in words { try db.run(statement) }
        }
        try db.run("DELETE FROM bulk")
        return value
    }

    private static let new = "FROM session WHERE rowid > (SELECT last FROM bulk)"

    /// As the triggers count one row.
    private static let totals = [
        total("session", "0", where: "TRUE"),
        total("access", "access_order >> 14", where: "class NOT IN ('damaged', 'discarded')"),
        total("refresh", "refresh_order >> 24", where: "class = 'timed'"),
    ]

    private static func total(_ measure: String, _ step: String, where condition: String) -> SQLText {
        """
        INSERT INTO tally SELECT '\(raw: measure)', class, key_id, \(raw: step) AS step, count(*) \(raw: new)
                AND \(raw: condition)
            GROUP BY class, key_id, step
            ON CONFLICT DO UPDATE SET number = number + excluded.number
        """
    }

    /// As the triggers index one row: the client in a table of its own, and everything before it in the index.
    private static let words: [SQLText] = [
        """
        INSERT OR IGNORE INTO client SELECT DISTINCT
            CASE WHEN typeof(search_text) = 'text' THEN substr(search_text, \(raw: idEnd) + 2) ELSE '' END \(raw: new)
        """,
        """
        INSERT INTO search (rowid, text) SELECT rowid,
            CASE WHEN typeof(search_text) = 'text' THEN substr(search_text, 1, \(raw: idEnd)) ELSE '' END \(raw: new)
        """,
    ]

    /// Where the ID ends in the search text, which ends with the ID and the client's. A text without the ID, which only
    /// damage makes, belongs to the index as a whole.
    private static let idEnd: String = {
        let digits = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
            .map { "substr(lower(hex(id)), \($0.0), \($0.1))" }.joined(separator: " || '-' || ")
        return "coalesce(nullif(instr(search_text, \(digits)), 0) + 35, length(search_text))"
    }()
}
