import Foundation
import VisitorSessions

/// Sessions of every kind, the same in every run: expiries on both sides of every boundary, single tokens, leases,
/// refusals, equal values.
struct GeneratedSessions {
    private var random = SplitMix(state: 20_260_101)
    let now: Date

    init(at now: Date) {
        self.now = now
    }

    mutating func next() -> (session: VisitorSession, tokens: Tokens) {
        var tokens = Tokens()
        if chance(0.9) {
            tokens.accessToken = AccessToken(
                Secret("access-\(random.next())"), expiresAt: chance(0.9) ? instant() : nil,
                visitorID: chance(0.5) ? "visitor-\(random.next() % 10)" : nil)
        }
        if chance(0.85) {
            tokens.refreshToken = RefreshToken(
                Secret("refresh-\(random.next())"), role: pick(TokenRole.allCases) ?? .visitor,
                expiresAt: chance(0.6) ? instant() : nil)
        }
        let label = pick(["checkout", "Checkout", "", "Ärger 7", "ärger 8", "購物車", "z", "cart bug"]) ?? ""
        var session = VisitorSession(
            id: id(), label: label, clientID: pick(["client-a", "client-b"]) ?? "", tokens: tokens, at: instant())
        if chance(0.5) { session.renewedAt = instant() }
        session.renewalCount = Int(random.next() % 5)
        session.autoRenew = chance(0.5)
        if chance(0.15) { session.lease = SessionLease(holder: "holder", deadline: instant()) }
        if chance(0.1) { session.sentAt = instant() }
        if chance(0.1) { session.refusedAt = instant() }
        if chance(0.1) { session.discardedAt = instant() }
        if chance(0.7) { session.issuer = pick(["https://one.example", "Ünother"]) }
        if chance(0.2) {
            session.failures = Int(random.next() % 9)
            session.retryAt = instant()
        }
        return (session, tokens)
    }

    private mutating func id() -> SessionID {
        var uuid = UUID().uuid
        withUnsafeMutableBytes(of: &uuid) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        }
        return SessionID(UUID(uuid: uuid))
    }

    /// One of a few times around now, in half seconds, so that many are equal and some lie on boundaries.
    private mutating func instant() -> Date {
        let offsets: [Double] = [-86_400, -300, -0.5, 0, 0.5, 1, 299.5, 300, 300.5, 3600, 86_400]
        return now.addingTimeInterval(pick(offsets) ?? 0)
    }

    private mutating func chance(_ share: Double) -> Bool {
        Double(random.next() % 1000) < share * 1000
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value? {
        values.randomElement(using: &random)
    }
}

/// A seeded random number generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) {
        self.state = state
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
