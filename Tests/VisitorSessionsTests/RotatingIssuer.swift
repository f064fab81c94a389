import Foundation
import Synchronization
import VisitorSessions

/// An issuer that accepts each refresh token once, and records reuse.
final class RotatingIssuer: TokenIssuer {
    private struct State {
        var taken: Set<Secret> = []
        var visitors = 0
        var redemptions: [Date] = []
        var reuses = 0
        var outage: IssuerError?
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Date
    private let lifetime: Duration

    init(lifetime: Duration = .seconds(14_400), now: @escaping @Sendable () -> Date) {
        self.lifetime = lifetime
        self.now = now
    }

    var name: String { "scripted" }
    var visitors: Int { state.withLock(\.visitors) }

    /// When tokens were redeemed, in order.
    var redemptions: [Date] { state.withLock(\.redemptions) }
    var reuses: Int { state.withLock(\.reuses) }

    /// Fails every request with this error, until `nil` is given.
    func fail(_ error: IssuerError?) {
        state.withLock { $0.outage = error }
    }

    func generate(clientID: String, within limit: Duration) throws(IssuerError) -> IssuedTokens {
        let (number, outage) = state.withLock { state in
            if state.outage == nil { state.visitors += 1 }
            return (state.visitors, state.outage)
        }
        if let outage { throw outage }
        return issued("visitor-\(number)", redemption: 0)
    }

    func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) throws(IssuerError) -> IssuedTokens {
        let answer: Result<Int, IssuerError> = state.withLock { state in
            if let outage = state.outage { return .failure(outage) }
            guard state.taken.insert(refreshToken.value).inserted else {
                state.reuses += 1
                return .failure(IssuerError(.refused, "The refresh token has already been redeemed."))
            }
            state.redemptions.append(now())
            return .success(state.redemptions.count)
        }
        return issued("renewed", redemption: try answer.get())
    }

    private func issued(_ name: String, redemption: Int) -> IssuedTokens {
        IssuedTokens(
            accessToken: AccessToken(Secret("access-\(name)-\(redemption)"), expiresAt: now() + lifetime),
            refreshToken: RefreshToken(Secret("refresh-\(name)-\(redemption)")))
    }
}
