import Foundation
import GRDB
import VisitorSessions

/// The insertion of many new sessions, inside one transaction.
struct BatchInsertion {
    let seal: TokenSeal
    let now: Date

    func insert(_ prepared: PreparedSession, _ db: Database) throws -> Insertion {
        let prepared = try prepared.prepared(with: seal)
        if let holder = try holder(prepared.fingerprints, db) { return .known(holder) }
        let id = prepared.new.session.id
        guard try db.number("SELECT 1 FROM session WHERE id = ?", [id.blob]) == nil else { return .taken }
        try db.run(SessionAssignments.insertion, prepared.session)
        try db.run(TokensRow.replacement, prepared.tokens)
        try JournalRows.append(prepared.new.entry, to: id, with: prepared.fingerprint, at: now, db)
        return .stored
    }

    private func holder(_ fingerprints: [TokenFingerprint], _ db: Database) throws -> SessionID? {
        let bytes = fingerprints.map(\.bytes)
        // Nearly all are new: three look-ups in indexes say so.
        guard try db.number(Self.isMentioned(bytes.count), bytes + bytes + bytes) == 1 else { return nil }
        let query = HoldingQuery(fingerprints: fingerprints, since: .distantPast, limit: 10)
        let known = try seal.rows.sessions(db, query.sql)
        return (known.first { $0.discardedAt == nil } ?? known.first)?.id
    }

    private static func isMentioned(_ count: Int) -> String {
        let marks = databaseQuestionMarks(count: count)
        return """
            SELECT EXISTS (SELECT 1 FROM tokens WHERE refresh_fingerprint IN (\(marks)))
                OR EXISTS (SELECT 1 FROM tokens WHERE access_fingerprint IN (\(marks)))
                OR EXISTS (SELECT 1 FROM journal WHERE fingerprint IN (\(marks)))
            """
    }
}
