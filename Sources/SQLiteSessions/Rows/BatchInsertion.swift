import Foundation
import GRDB
import VisitorSessions

/// The insertion of many new sessions, inside one transaction.
struct BatchInsertion {
    private let db: Database
    private let seal: TokenSeal
    private let now: Date
    private let times: ClosedRange<Duration>

    // Looked up once: there are as many executions as rows.
    private let mention, session, tokens, entry: Statement

    /// - Parameter times: For how long rows of sessions are inserted. Before the lower bound nobody is made way for: a few rows
    ///   cost nearly as much as thousands. At the upper one it is enough, for not all who wait are seen, and as much again is
    ///   to be done for their tokens and words.
    init(
        _ db: Database, seal: TokenSeal, at now: Date,
        for times: ClosedRange<Duration> = .milliseconds(200) ... .seconds(2)
    ) throws {
        self.db = db
        self.seal = seal
        self.now = now
        self.times = times
        mention = try db.cachedStatement(sql: Self.mention(of: seal.keyIDs.count))
        session = try db.cachedStatement(sql: SessionAssignments.insertion + " ON CONFLICT (id) DO NOTHING")
        tokens = try db.cachedStatement(sql: TokensRow.replacement)
        entry = try db.cachedStatement(sql: JournalRows.insertion)
    }

    /// Inserts them all, or the first of them when time is over or somebody `isWanted`: one table after the other, and in the
    /// order of an index where that is nobody's concern, so that as few pages as can be are in use at a time.
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
        for session in stored.sorted(by: { $0.new.session.id < $1.new.session.id }) {
            try tokens.execute(arguments: session.tokens)
        }
        for session in stored { try entry.execute(arguments: session.entry) }
        return insertions
    }

    /// Inserts the session's own row, where nobody is known with its token: no session of the store, and none of `holders`,
    /// whose tokens are still to be written.
    private func insert(
        _ prepared: PreparedSession, isMentioned: Bool, beside holders: [Data: PreparedSession]
    ) throws -> Insertion {
        let known =
            try (isMentioned ? known(prepared) : [])
            + prepared.tokenFingerprints.compactMap { holders[$0.bytes]?.new.session }
        if let holder = known.first(where: { $0.discardedAt == nil }) ?? known.first { return .known(holder.id) }
        try session.execute(arguments: prepared.session)
        return db.changesCount == 1 ? .stored : .taken
    }

    /// Those whose token stands in one of three indexes. Nearly all are new, and that says so.
    private func mentioned(among sessions: [PreparedSession]) throws -> Set<ObjectIdentifier> {
        var mentioned: Set<ObjectIdentifier> = []
        for session in sessions.sorted(by: { $0.place < $1.place }) where !session.tokenFingerprints.isEmpty {
            if try Bool.fetchOne(mention, arguments: session.mention) == true {
                mentioned.insert(ObjectIdentifier(session))
            }
        }
        return mentioned
    }

    /// Those of the store that have or had its token.
    private func known(_ prepared: PreparedSession) throws -> [VisitorSession] {
        let query = HoldingQuery(fingerprints: prepared.tokenFingerprints, since: .distantPast, limit: 10)
        return try seal.rows.sessions(db, query.sql)
    }

    static func mentionValues(_ fingerprints: [TokenFingerprint]) -> StatementArguments {
        let bytes = fingerprints.map(\.bytes)
        return StatementArguments(bytes + bytes + bytes)
    }

    private static func mention(of count: Int) -> String {
        let marks = databaseQuestionMarks(count: count)
        return """
            SELECT EXISTS (SELECT 1 FROM tokens WHERE refresh_fingerprint IN (\(marks)))
                OR EXISTS (SELECT 1 FROM tokens WHERE access_fingerprint IN (\(marks)))
                OR EXISTS (SELECT 1 FROM journal WHERE fingerprint IN (\(marks)))
            """
    }
}

extension VisitorSession {
    /// Of two with one token that one is named that is in use, and then the one with the lesser ID.
    fileprivate func isBetterHolder(than other: VisitorSession) -> Bool {
        (discardedAt == nil) == (other.discardedAt == nil) ? id < other.id : discardedAt == nil
    }
}
