import Foundation
import GRDB
import VisitorSessions

/// The insertion of many new sessions, inside one transaction.
struct BatchInsertion {
    let seal: TokenSeal
    let now: Date

    func insert(_ new: NewSession, _ db: Database) throws -> Insertion {
        if let token = new.token, let holder = try holder(of: token, db) { return .known(holder) }
        let id = new.session.id
        guard try db.number("SELECT 1 FROM session WHERE id = ?", [id.blob]) == nil else { return .taken }
        try SessionAssignments(new.session).insert(keyID: seal.keyID, db)
        try TokensRow(seal: seal).write(new.tokens, of: id, db)
        try JournalRows.append(new.entry, to: id, at: now, db)
        return .stored
    }

    private func holder(of token: Secret, _ db: Database) throws -> SessionID? {
        let fingerprints = seal.fingerprints(token)
        // Nearly all are new: three look-ups in indexes say so.
        let bytes = fingerprints.map(\.bytes)
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
