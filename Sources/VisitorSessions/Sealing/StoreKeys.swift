import Synchronization

package import struct Foundation.Data

/// The keys of an open store, which may rotate while it is open.
///
/// The database says which key seals. Whoever rotates keys says so there before any row is sealed anew, and every
/// transaction looks first: so no row is ever met whose key is not looked for, and none is sealed with a key that has
/// been given up.
package final class StoreKeys: Sendable {
    /// How long a source that did not have the key is not asked again.
    private static let pause = Duration.seconds(1)

    package let source: SealingKeySource
    private let place: String
    private let state:
        Mutex<(seal: TokenSeal, ring: SealingKeyRing, failure: (at: ContinuousClock.Instant, StoreError)?)>

    package init(_ ring: SealingKeyRing, source: SealingKeySource, place: String) {
        state = Mutex((TokenSeal(ring), ring, nil))
        self.source = source
        self.place = place
    }

    /// The seal as it was used last.
    package var seal: TokenSeal { state.withLock(\.seal) }

    /// The seal for a transaction in which the database names `keyID`: the same as before where it names none. Reads
    /// the source anew where the key is not known.
    package func seal(naming keyID: Data?) throws(StoreError) -> TokenSeal {
        guard let keyID else { return seal }
        return try state.withLock { state throws(StoreError) in
            if state.seal.keyID == keyID { return state.seal }
            if let failure = state.failure, ContinuousClock.now - failure.at < Self.pause { throw failure.1 }
            do throws(StoreError) {
                let ring =
                    if let known = state.ring.sealing(with: keyID) {
                        known
                    } else {
                        try source.ring(sealingWith: keyID, at: place)
                    }
                // Keys of before stay: rows that are not sealed anew yet need them.
                state.ring = SealingKeyRing(ring.sealing, ring.keys + state.ring.keys)
                state.seal = TokenSeal(state.ring)
                state.failure = nil
                return state.seal
            } catch {
                state.failure = (.now, error)
                throw error
            }
        }
    }

    /// Takes keys in that have just been read.
    package func add(_ ring: SealingKeyRing) {
        state.withLock { state in
            state.ring = SealingKeyRing(state.ring.sealing, state.ring.keys + ring.keys)
            state.seal = TokenSeal(state.ring)
            state.failure = nil
        }
    }
}
