import Foundation
import GRDB
import VisitorSessions

/// A new session as it goes into its rows: sealed and spelt out before the transaction, so that nobody waits for that.
struct PreparedSession: Sendable {
    let new: NewSession

    /// The IDs of the keys that it was prepared with, that of the sealing one first.
    let keyIDs: [Data]
    let session: StatementArguments
    let tokens: StatementArguments

    /// Of the token by which it is known: with the sealing key, and with the others.
    let fingerprint: Data?
    let otherFingerprints: [TokenFingerprint]

    var fingerprints: [TokenFingerprint] {
        [fingerprint.flatMap { TokenFingerprint($0) }].compactMap(\.self) + otherFingerprints
    }

    init(_ new: NewSession, seal: TokenSeal) throws {
        self.new = new
        keyIDs = seal.keyIDs
        session = SessionAssignments(new.session).insertionValues(keyID: seal.keyID)
        (tokens, fingerprint) = try TokensRow(seal: seal).sealed(new.tokens, of: new.session.id)
        otherFingerprints = keyIDs.count == 1 ? [] : new.token.map { Array(seal.fingerprints($0).dropFirst()) } ?? []
    }

    /// The same, where keys have been rotated meanwhile.
    func prepared(with seal: TokenSeal) throws -> PreparedSession {
        seal.keyIDs == keyIDs ? self : try PreparedSession(new, seal: seal)
    }
}
