import VisitorSessions

import struct Foundation.Date

/// Collects what is found, each session once.
struct FindingList {
    /// More sessions than anybody has in one file that is read whole; the rest would only fill the memory.
    static let limit = 100_000

    private(set) var findings: [FoundTokens.Finding] = []
    private(set) var problems: [FoundTokens.Problem] = []
    private var isFull = false
    private var byRefreshToken: [Secret: Int] = [:]
    private var byAccessToken: [Secret: Int] = [:]

    /// Refresh tokens that were redeemed and replaced.
    private var dead: Set<Secret> = []

    mutating func add(_ read: ReadTokens, at place: String) {
        let access = read.tokens.accessToken?.value
        let refresh = read.tokens.refreshToken?.value
        if let refresh, dead.contains(refresh) { return }
        let known = refresh.flatMap { byRefreshToken[$0] } ?? access.flatMap { byAccessToken[$0] }
        if let known {
            if Self.isLater(read.tokens, than: findings[known].read.tokens) { findings[known].read.merge(read) }
            findings[known].read.clientID = findings[known].read.clientID ?? read.clientID
        } else if findings.count < Self.limit {
            findings.append(.init(read, place: place))
        } else {
            if !isFull {
                add(
                    problem: UnreadableTokens(
                        "No more than \(Self.limit) sessions are taken from a file of this kind: as JSON lines any number is."
                    ),
                    at: place)
            }
            isFull = true
            return
        }
        let index = known ?? findings.count - 1
        if let refresh { byRefreshToken[refresh] = index }
        if let access { byAccessToken[access] = index }
    }

    mutating func add(problem: UnreadableTokens, at place: String) {
        if problems.count < Self.limit { problems.append(.init(place: place, sentence: problem.description)) }
    }

    /// Lets the session that had `old` have `new` from now on.
    mutating func replace(_ old: Secret, by new: Secret) {
        guard old != new else { return }
        dead.insert(old)
        if let index = byRefreshToken.removeValue(forKey: old) { byRefreshToken[new] = index }
    }

    func found(in container: String) -> FoundTokens {
        FoundTokens(container: container, findings: findings, problems: problems)
    }

    private static func isLater(_ new: Tokens, than old: Tokens) -> Bool {
        if old.refreshToken == nil || old.accessToken == nil { return true }
        guard let new = new.accessToken else { return false }
        return (new.expiresAt ?? .distantPast) >= (old.accessToken?.expiresAt ?? .distantPast)
    }
}

extension ReadTokens {
    /// Takes the other's tokens, and keeps what the other has not got.
    fileprivate mutating func merge(_ other: ReadTokens) {
        tokens.accessToken = other.tokens.accessToken ?? tokens.accessToken
        tokens.refreshToken = other.tokens.refreshToken ?? tokens.refreshToken
        shape = other.shape
        expiryUnit = other.expiryUnit
    }
}
