import Foundation
import VisitorSessions

/// Sessions of every state, with frequent and rare words.
struct ManySessions {
    let all: [NewSession]

    init(at now: Date, count: Int) {
        let labels = ["checkout bug", "cart on mobile", "Ärger", "odd ph\"x", "", "a cart"]
        all = (0..<count).map { number in
            let access = now.addingTimeInterval(Double(number * 7919 % 4000) - 2000)
            let refresh = number % 11 == 0 ? now.addingTimeInterval(Double(number % 5) - 2) : now + .seconds(90_000)
            var tokens = Tokens(
                accessToken: AccessToken(
                    Secret("access \(number)"), expiresAt: access, visitorID: "visitor-\(number % 9)"))
            if number % 6 > 0 {
                tokens.refreshToken = RefreshToken(Secret("refresh \(number)"), role: .visitor, expiresAt: refresh)
            }
            var session = VisitorSession(
                label: labels[number % labels.count], clientID: number % 10 == 0 ? "client-b" : "client-a",
                tokens: tokens,
                at: now.addingTimeInterval(Double(number * 31 % 97)))
            if number % 13 == 0 { session.discardedAt = now }
            if number % 17 == 0 { session.refusedAt = now }
            if number % 19 == 0 { session.sentAt = now }
            if number % 23 == 0 { session.lease = SessionLease(holder: "me", deadline: now + .seconds(number % 2 - 1)) }
            return NewSession(session, tokens: tokens, entry: JournalEntry.Draft(.set, actor: "test"))
        }
    }
}
