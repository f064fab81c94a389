import Foundation
import GRDB
import Synchronization
import VisitorSessions

/// The keys of an open store, which may rotate while it is open.
///
/// The database says which key seals. Whoever rotates keys says so there before any row is sealed anew, and every
/// transaction looks first: so no row is ever met whose key is not looked for, and none is sealed with a key that has
/// been given up.
final class StoreKeys: Sendable {
    /// How long a source that did not have the key is not asked again.
    private static let pause = Duration.seconds(1)

    let source: SealingKeySource
    private let place: String
    private let state:
        Mutex<(seal: TokenSeal, ring: SealingKeyRing, failure: (at: ContinuousClock.Instant, StoreError)?)>

    init(_ ring: SealingKeyRing, source: SealingKeySource, place: String) {
        state = Mutex((TokenSeal(ring), ring, nil))
        self.source = source
        self.place = place
    }

    /// The seal as it was used last.
    var seal: TokenSeal { state.withLock(\.seal) }

    /// The seal for this transaction. Reads the source anew where the database names a key that is not known.
    func seal(_ db: Database) throws -> TokenSeal {
        guard let keyID = try StoreMetadata.keyID(db) else { return seal }
        return try state.withLock { state in
            if state.seal.keyID == keyID { return state.seal }
            if let failure = state.failure, ContinuousClock.now - failure.at < Self.pause { throw failure.1 }
            do {
                let known = state.ring.sealing(with: keyID)
                // Keys of before stay: rows that are not sealed anew yet need them.
                let ring = try known ?? source.ring(sealingWith: keyID, at: place)
                state.ring = SealingKeyRing(ring.sealing, ring.keys + state.ring.keys)
                state.seal = TokenSeal(state.ring)
                state.failure = nil
                return state.seal
            } catch let error as StoreError {
                state.failure = (.now, error)
                throw error
            }
        }
    }

    /// Takes keys in that have just been read.
    func add(_ ring: SealingKeyRing) {
        state.withLock { state in
            state.ring = SealingKeyRing(state.ring.sealing, state.ring.keys + ring.keys)
            state.seal = TokenSeal(state.ring)
            state.failure = nil
        }
    }
}
