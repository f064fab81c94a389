import Foundation
import VisitorSessionsTesting

@testable import VisitorSessions

/// A store, an issuer that accepts each refresh token once, concurrent writers and random failures, all seeded.
struct RandomWorld {
    private var random: SplitMix
    private(set) var moment = Moment(
        elapsed: .zero, wall: Date(timeIntervalSince1970: 1_800_000_000),
        now: Date(timeIntervalSince1970: 1_800_000_000))

    private(set) var stored: OpenedSession

    /// The refresh token that the issuer accepts.
    private(set) var takenRefreshToken = Secret("refresh-0")
    private(set) var issued: [Tokens] = []
    private var lastNumber = 0

    /// Whether another writer set its own tokens.
    private(set) var isSetByOthers = false
    private(set) var isDiscarded = false
    private(set) var broken: [String] = []

    /// The lease under which a token may be sent once.
    private var permission: Int?
    private var stormsLeft = 20

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        let tokens = Tokens(
            accessToken: AccessToken(Secret("access-0"), expiresAt: moment.now - .seconds(1)),
            refreshToken: RefreshToken(takenRefreshToken))
        stored = OpenedSession(
            VisitorSession(clientID: "client", tokens: tokens, at: moment.now - .seconds(14_400)), tokens: tokens)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// A random failure. Their number is limited, so that everything ends.
    private mutating func storm(_ percent: Int) -> Bool {
        guard stormsLeft > 0, chance(percent) else { return false }
        stormsLeft -= 1
        return true
    }

    private mutating func advance(_ duration: Duration) {
        moment.elapsed += duration
        moment.wall = moment.wall + duration
        moment.now = moment.now + duration
    }

    /// Performs an action and returns the event.
    mutating func answer(_ action: RenewalMachine.Action, holder: String) -> RenewalMachine.Event? {
        if storm(15) { meddle() }
        switch action {
        case .open: return storm(10) ? .notOpened(StoreError(.unavailable, "Away.")) : .opened(stored)
        case .lease(let session): return lease(session, holder)
        case .send(let token, _, _): return .answered(redeem(token))
        case .store(let write): return store(write)
        case .wait(let instant, let orChange):
            if instant > moment.elapsed + .seconds(61) { broken.append("It waits without an end.") }
            let pause = max(instant - moment.elapsed, .zero)
            advance(orChange && chance(50) ? pause / 2 : pause)
            return .waited
        case .report: return .reported
        case .finish: return nil
        }
    }

    /// Concurrent changes by other writers.
    private mutating func meddle() {
        stored.session.version += 1
        switch Int.random(in: 0..<4, using: &random) {
        case 0: stored.session.label += "!"
        case 1:
            stored.session.discardedAt = moment.now
            isDiscarded = true
        case 2:
            lastNumber += 1
            stored.tokens = Tokens(accessToken: AccessToken(Secret("set-\(lastNumber)"), expiresAt: nil))
            stored.session.apply(stored.tokens, at: moment.now)
            stored.session.lease = nil
            isSetByOthers = true
        default:
            stored.session.lease = SessionLease(holder: "another", deadline: moment.wall + .seconds(30))
            stored.session.sentAt = moment.wall
        }
    }

    private mutating func lease(_ session: VisitorSession, _ holder: String) -> RenewalMachine.Event {
        if storm(10) { return .notLeased(.failed(StoreError(.unavailable, "Away."))) }
        if storm(10) {
            return .notLeased(.deferred(RequestDeferral(until: moment.elapsed + .seconds(3), reason: "Full.")))
        }
        if let lease = stored.session.lease, lease.deadline > moment.wall, lease.holder != holder {
            return .notLeased(.busy(until: lease.deadline))
        }
        guard session.version == stored.session.version else { return .notLeased(.changed) }
        stored.session.lease = SessionLease(holder: holder, deadline: moment.wall + .seconds(60))
        stored.session.sentAt = moment.wall
        stored.session.version += 1
        permission = stored.session.version
        return .leased(stored.session)
    }

    private mutating func redeem(_ token: RefreshToken) -> Result<IssuedTokens, IssuerError> {
        if permission == nil { broken.append("A token was sent without a lease, or twice under one.") }
        permission = nil
        advance(.milliseconds(Int.random(in: 1...90_000, using: &random)))
        if storm(15) { return .failure(IssuerError(.transient, "No connection.")) }
        if storm(5) { return .failure(IssuerError(.configuration, "The client ID is wrong.")) }
        guard token.value == takenRefreshToken else { return .failure(IssuerError(.refused, "Redeemed before.")) }
        lastNumber += 1
        let tokens = Tokens(
            accessToken: AccessToken(Secret("access-\(lastNumber)"), expiresAt: moment.now + .seconds(14_400)),
            refreshToken: RefreshToken(Secret("refresh-\(lastNumber)")))
        takenRefreshToken = Secret("refresh-\(lastNumber)")
        issued.append(tokens)
        if storm(15) { return .failure(IssuerError(.transient, "Cut off.", mayHaveTakenEffect: true)) }
        return .success(
            IssuedTokens(
                accessToken: AccessToken(Secret("access-\(lastNumber)"), expiresAt: moment.now + .seconds(14_400)),
                refreshToken: tokens.refreshToken))
    }

    private mutating func store(_ write: RenewalOutcome.Write) -> RenewalMachine.Event {
        if storm(20) { return .notStored(StoreError(.unavailable, "Away.")) }
        guard write.session.version == stored.session.version else {
            return .notStored(.conflict(stored.session.id))
        }
        if stored.session.discardedAt != nil, write.session.discardedAt == nil { broken.append("It brought one back.") }
        if let tokens = write.tokens {
            if !issued.contains(where: {
                $0.refreshToken == tokens.refreshToken && $0.accessToken == tokens.accessToken
            }) {
                broken.append("A pair is a mixture.")
            }
            if stored.tokens.accessToken?.value.reveal().hasPrefix("set") == true {
                broken.append("It overwrote tokens that were set.")
            }
            stored.tokens = tokens
        }
        stored.session = write.session
        stored.session.version += 1
        // Written, but not confirmed.
        if storm(10) { return .notStored(StoreError(.unavailable, "Who knows.")) }
        return .stored(stored.session)
    }
}
