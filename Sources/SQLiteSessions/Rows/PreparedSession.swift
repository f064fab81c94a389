import Foundation
import GRDB
import VisitorSessions

/// A new session as it goes into its rows: sealed and spelt out before the transaction, so that nobody waits for that.
///
/// An object, and never changed: there are thousands, and they are passed on.
final class PreparedSession: Sendable {
    let new: NewSession

    /// The IDs of the keys that it was prepared with, that of the sealing one first.
    let keyIDs: [Data]

    /// The values of the statements that insert it, and of that which asks whether it is known.
    let session, tokens, entry, mention: StatementArguments

    /// Of its tokens as its row has them, that one first by which it is known.
    let fingerprints: [Data]

    /// Of the token by which it is known, with each of the keys.
    let tokenFingerprints: [TokenFingerprint]

    /// Where the token by which it is known stands among others in an index: the beginning of its fingerprint.
    let place: UInt64

    init(_ new: NewSession, seal: TokenSeal, at now: Date) throws {
        self.new = new
        let id = new.session.id
        keyIDs = seal.keyIDs
        session = SessionAssignments(new.session).insertionValues(keyID: seal.keyID)
        (tokens, fingerprints) = try TokensRow(seal: seal).sealed(new.tokens, of: id)
        entry = JournalRows.values(new.entry, id, now, fingerprint: fingerprints.first)
        let others = keyIDs.count == 1 ? [] : new.token.map { seal.fingerprints($0).dropFirst() } ?? []
        tokenFingerprints = fingerprints.prefix(1).compactMap { TokenFingerprint($0) } + others
        place = fingerprints.first?.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 0
        mention = BatchInsertion.mentionValues(tokenFingerprints)
    }

    /// The same, where keys have been rotated meanwhile.
    func prepared(with seal: TokenSeal, at now: Date) throws -> PreparedSession {
        seal.keyIDs == keyIDs ? self : try PreparedSession(new, seal: seal, at: now)
    }
}
