import Foundation
import GRDB
import SessionSQL
import VisitorSessions

/// Inserts many new sessions in one transaction.
struct BatchInsertion {
    private let db: Database
    private let seal: TokenSeal
    private let now: Date
    private let times: ClosedRange<Duration>

    // Prepared once, because each runs for every row.
    private let lookup, session, tokens, entry: Statement
    private let index: SearchIndex?

    /// - Parameter times: How long to insert rows of sessions. Before the lower bound, waiting writers are ignored: a
    ///   few rows cost nearly as much as thousands. The upper bound holds even if no waiting writer is seen; inserting
    ///   the sessions' tokens and words then takes about as long again.
    init(
        _ db: Database, seal: TokenSeal, at now: Date,
        for times: ClosedRange<Duration> = .milliseconds(200) ... .seconds(2)
    ) throws {
        self.db = db
        self.seal = seal
        self.now = now
        self.times = times
        lookup = try db.cachedStatement(sql: Self.lookup(of: seal.keyIDs.count))
        session = try db.cachedStatement(sql: SessionValues.insertion(.sqlite) + " ON CONFLICT (id) DO NOTHING")
        tokens = try db.cachedStatement(sql: TokensRow.replacement(.sqlite))
        entry = try db.cachedStatement(sql: JournalRows.insertion)
        index = try SearchIndex(db)
    }

    /// Inserts all sessions, or a prefix if time runs out or another writer waits. Works table by table, and in index
    /// order where the order doesn't matter, to keep few pages in use.
    func insert(_ sessions: ArraySlice<PreparedSession>, until shouldYield: () -> Bool) throws -> [Insertion] {
        let start = ContinuousClock.now
        let sessions = try sessions.map { try $0.prepared(with: seal, at: now) }
        let candidates = try possiblyKnown(among: sessions)
        var insertions: [Insertion] = []
        var stored: [PreparedSession] = []
        var rows: [Int64] = []
        var holders: [Data: PreparedSession] = [:]
        for session in sessions {
            let mayBeKnown = candidates.contains(ObjectIdentifier(session))
            let insertion = try insert(session, mayBeKnown: mayBeKnown, beside: holders)
            insertions.append(insertion)
            if insertion == .stored {
                stored.append(session)
                rows.append(db.lastInsertedRowID)
                for fingerprint in session.fingerprints {
                    let isPreferred = holders[fingerprint].map {
                        session.new.session.isPreferredHolder(over: $0.new.session)
                    }
                    if isPreferred != false { holders[fingerprint] = session }
                }
            }
            guard insertions.count.isMultiple(of: 256) else { continue }
            let elapsed = ContinuousClock.now - start
            if elapsed > times.upperBound || elapsed > times.lowerBound && shouldYield() { break }
        }
        for session in stored.sorted(by: { $0.new.session.id < $1.new.session.id }) { try tokens.run(session.tokens) }
        for session in stored { try entry.run(session.entry) }
        try index?.add(zip(rows, stored.map(\.words)))
        return insertions
    }

    /// Inserts the session's row unless its token is known: to a session in the store, or in `holders`, whose tokens
    /// aren't written yet.
    private func insert(
        _ prepared: PreparedSession, mayBeKnown: Bool, beside holders: [Data: PreparedSession]
    ) throws -> Insertion {
        let known =
            try (mayBeKnown ? known(prepared) : [])
            + prepared.tokenFingerprints.compactMap { holders[$0.bytes]?.new.session }
        if let holder = known.first(where: { $0.discardedAt == nil }) ?? known.first { return .duplicate(holder.id) }
        try session.run(prepared.session)
        return db.changesCount == 1 ? .stored : .idConflict
    }

    /// Sessions whose token is in one of three indexes. A cheap check, because nearly all tokens are new.
    private func possiblyKnown(among sessions: [PreparedSession]) throws -> Set<ObjectIdentifier> {
        var candidates: Set<ObjectIdentifier> = []
        for session in sessions.sorted(by: { $0.sortKey < $1.sortKey }) where !session.tokenFingerprints.isEmpty {
            if try lookup.isTrue(session.lookup) { candidates.insert(ObjectIdentifier(session)) }
        }
        return candidates
    }

    /// Stored sessions that hold or held its token.
    private func known(_ prepared: PreparedSession) throws -> [VisitorSession] {
        let query = Dialect.sqlite.sessions(holding: prepared.tokenFingerprints, since: .distantPast, limit: 10)
        return try db.rows(query, seal.rows(.sqlite).session)
    }

    private static func lookup(of count: Int) -> String {
        let placeholders = SQLText.placeholders(count)
        return """
            SELECT EXISTS (SELECT 1 FROM tokens WHERE refresh_fingerprint IN (\(placeholders)))
                OR EXISTS (SELECT 1 FROM tokens WHERE access_fingerprint IN (\(placeholders)))
                OR EXISTS (SELECT 1 FROM journal WHERE fingerprint IN (\(placeholders)))
            """
    }
}

extension VisitorSession {
    /// Whether this one is reported as a token's holder: sessions in use come first, then lower IDs.
    fileprivate func isPreferredHolder(over other: VisitorSession) -> Bool {
        (discardedAt == nil) == (other.discardedAt == nil) ? id < other.id : discardedAt == nil
    }
}

/// A new session's column values, sealed before the transaction to keep it short.
///
/// A class, because thousands are passed around and shouldn't be copied.
final class PreparedSession: Sendable {
    let new: NewSession

    /// The keys it was prepared with; the first one seals.
    private let keyIDs: [Data]

    /// The parameters of the statements that insert it, and of the one that checks for its token.
    let session, tokens, entry, lookup: [SQLText.Value]

    let words: SearchIndex.Words

    /// Fingerprints of its tokens; the first one identifies it.
    let fingerprints: [Data]

    /// The identifying token's fingerprint, with each of the keys.
    let tokenFingerprints: [TokenFingerprint]

    /// The first 8 bytes of the identifying fingerprint, for sorting in index order.
    let sortKey: UInt64

    init(_ new: NewSession, seal: TokenSeal, at now: Date) throws {
        self.new = new
        let id = new.session.id
        keyIDs = seal.keyIDs
        let values = SessionValues(new.session)
        session = values.insertionValues(keyID: seal.keyID)
        words = SearchIndex.Words(values.searchText, of: id)
        (tokens, fingerprints) = try TokensRow(seal: seal).sealed(
            new.tokens, of: id, isInUse: new.session.discardedAt == nil, .sqlite)
        entry = JournalRows.values(new.entry, of: id, at: now, fingerprint: fingerprints.first)
        let others = keyIDs.count == 1 ? [] : new.token.map { seal.fingerprints($0).dropFirst() } ?? []
        tokenFingerprints = fingerprints.prefix(1).compactMap { TokenFingerprint($0) } + others
        sortKey = fingerprints.first?.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 0
        let candidates = tokenFingerprints.map { SQLText.Value.bytes($0.bytes) }
        lookup = candidates + candidates + candidates
    }

    /// Itself, or re-sealed if keys have been rotated.
    func prepared(with seal: TokenSeal, at now: Date) throws -> PreparedSession {
        seal.keyIDs == keyIDs ? self : try PreparedSession(new, seal: seal, at: now)
    }
}

/// Counts many inserted rows together at the end of their transaction: the triggers of `session` do nothing while `bulk`
/// has a row, which exists only within the transaction. ``SearchIndex`` takes their place.
enum BulkMode {
    static func insert<Value>(_ db: Database, _ insert: () throws -> Value) throws -> Value {
        try db.run("INSERT INTO bulk SELECT coalesce(max(rowid), 0) FROM session")
        let value = try insert()
        try count(db)
        try db.run("DELETE FROM bulk")
        return value
    }

    /// Adds the rows after the one recorded in `bulk` to the counts.
    static func count(_ db: Database) throws {
        for statement in totals { try db.run(statement) }
    }

    private static let new = "FROM session WHERE rowid > (SELECT last FROM bulk)"

    /// Counts as the triggers do.
    private static let totals = [
        total("session", "0", where: "TRUE"),
        total("access", "access_order >> 14", where: "class NOT IN ('damaged', 'discarded')"),
        total("refresh", "refresh_order >> 24", where: "class = 'timed'"),
    ]

    private static func total(_ measure: String, _ step: String, where condition: String) -> SQLText {
        """
        INSERT INTO state_counts SELECT '\(raw: measure)', class, key_id, \(raw: step) AS step, count(*) \(raw: new)
                AND \(raw: condition)
            GROUP BY class, key_id, step
            ON CONFLICT DO UPDATE SET number = number + excluded.number
        """
    }
}

/// Adds the words of inserted rows to the full-text index and the table of client IDs, as the triggers of `session` do.
///
/// Triggers would be slow: SQLite opens a savepoint for every statement that may have to be undone, which makes the index
/// write a segment for each session (fts5SavepointMethod). A statement that inserts one row needs none.
struct SearchIndex {
    /// The parts of a search text, which ends with the ID and the client ID.
    struct Words: Sendable {
        /// Everything up to the ID, for the full-text index.
        let text: String
        let clientID: String

        init(_ searchText: String, of id: SessionID) {
            let id = Array(id.description.utf8)
            (text, clientID) = searchText.withBytes { bytes in
                // The first place, as in the triggers that later remove these words.
                let place = bytes.indices.first { bytes[$0...].starts(with: id) }
                let end = place.map { $0 + id.count } ?? bytes.count
                return (
                    String(decoding: bytes[..<end], as: UTF8.self),
                    String(decoding: bytes[end...].dropFirst(), as: UTF8.self)
                )
            }
        }
    }

    private let word, client: Statement

    /// `nil`: this system's SQLite lacks the index.
    init?(_ db: Database) throws {
        guard try db.number("SELECT 1 FROM sqlite_schema WHERE name = 'search'") == 1 else { return nil }
        word = try db.cachedStatement(sql: "INSERT INTO search (rowid, text) VALUES (?, ?)")
        client = try db.cachedStatement(sql: "INSERT OR IGNORE INTO client VALUES (?)")
    }

    /// - Parameter rows: Row IDs, in ascending order, with their words.
    func add(_ rows: some Sequence<(Int64, Words)>) throws {
        var clients: Set<String> = []
        for (number, words) in rows {
            try word.run([.number(number), .text(words.text)])
            if clients.insert(words.clientID).inserted { try client.run([.text(words.clientID)]) }
        }
    }
}
