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
        guard try db.number("SELECT 1 FROM session WHERE id = \(id.blob)") == nil else { return .taken }
        let others: [(name: String, value: SQL)] = [
            ("id", "\(id.blob)"), ("version", "\(new.session.version + 1)"), ("key_id", "\(seal.keyID)"),
        ]
        try db.run("INSERT INTO session \(SessionAssignments(new.session).values(after: others))")
        try TokensRow(seal: seal).write(new.tokens, of: id, db)
        try JournalRows.append(new.entry, to: id, at: now, db)
        return .stored
    }

    private func holder(of token: Secret, _ db: Database) throws -> SessionID? {
        let fingerprints = seal.fingerprints(token)
        // Nearly all are new: three look-ups in indexes say so.
        guard try db.number(Self.isMentioned(fingerprints.map(\.bytes))) == 1 else { return nil }
        let query = HoldingQuery(fingerprints: fingerprints, since: .distantPast, limit: 10)
        let known = try seal.rows.sessions(db, query.sql)
        return (known.first { $0.discardedAt == nil } ?? known.first)?.id
    }

    private static func isMentioned(_ fingerprints: [Data]) -> SQL {
        """
        SELECT EXISTS (SELECT 1 FROM tokens WHERE refresh_fingerprint IN \(fingerprints))
            OR EXISTS (SELECT 1 FROM tokens WHERE access_fingerprint IN \(fingerprints))
            OR EXISTS (SELECT 1 FROM journal WHERE fingerprint IN \(fingerprints))
        """
    }
}
