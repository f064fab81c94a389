import Foundation
import Synchronization
import VisitorSessions

/// The rules for the tokens that an application uses, asked for by the recorder's thread and decided elsewhere.
final class TokenRules: Sendable {
    private struct Known {
        var rule: TokenRule
        var validUntil: ContinuousClock.Instant

        /// The ``TokenRules/generation`` when the decision began.
        var generation: Int
    }

    private struct State {
        var known = RecentValues<UsedToken, Known>(limit: limit)
        var requested: Set<UsedToken> = []
        var onChange: (@Sendable () -> Void)?
        var generation = 0
    }

    /// The rules of this many tokens are remembered. Others are decided again when they are needed.
    private static let limit = 1000

    private let state = Mutex(State())

    /// The tokens whose rules are needed.
    let requests: AsyncStream<UsedToken>
    private let request: AsyncStream<UsedToken>.Continuation

    init() {
        (requests, request) = AsyncStream.makeStream(of: UsedToken.self)
    }

    /// The rule of a token. `nil`: it isn't decided yet, and is requested.
    func rule(for token: UsedToken) -> TokenRule? {
        state.withLock { state in
            if let known = state.known[token], known.generation == state.generation, known.validUntil > .now {
                return known.rule
            }
            if state.requested.insert(token).inserted { request.yield(token) }
            return nil
        }
    }

    /// Incremented by each ``invalidate()``.
    var generation: Int { state.withLock(\.generation) }

    /// Sets a token's rule for a limited time.
    ///
    /// - Parameter generation: The ``generation`` when the decision began. If sessions have changed since then, the
    ///   rule isn't used.
    func set(_ rule: TokenRule, for token: UsedToken, validFor duration: Duration, asOf generation: Int) {
        state.withLock { state in
            state.requested.remove(token)
            state.known[token] = Known(rule: rule, validUntil: .now + duration, generation: generation)
            state.onChange?()
        }
    }

    /// Keeps a token's last rule while a new decision takes too long. Without one, the token passes.
    func extend(_ token: UsedToken, validFor duration: Duration) {
        let last = state.withLock { $0.requested.contains(token) ? $0.known[token]?.rule ?? .pass : nil }
        if let last { set(last, for: token, validFor: duration, asOf: generation) }
    }

    /// Call it when sessions have changed: all rules are decided again when they are needed.
    func invalidate() {
        state.withLock { $0.generation += 1 }
    }

    func onChange(_ action: (@Sendable () -> Void)?) {
        state.withLock { $0.onChange = action }
    }
}

/// What is known about a token that an application is about to send, and the rule that follows from it.
struct TokenSituation: Sendable {
    var token: UsedToken

    /// The session that the application uses it for. `nil`: none is known.
    var session: OpenedSession?

    /// The session that a person substitutes for it. `nil`: none.
    var target: OpenedSession?

    /// Whether the application got the token in a substituted renewal, so that it isn't the session's own.
    var isForeign = false

    /// Whether the session's tokens were set after the application got the token.
    var isSetSince = false

    /// The session whose access token is sent in place of the application's. The application doesn't know that token,
    /// so it can't renew it in time.
    var sender: OpenedSession? { target ?? (isForeign ? session : nil) }

    /// Whether a call can be made with the sender's token only after it is renewed.
    func needsRenewal(at now: Date) -> Bool {
        guard token.use == .call, let sender, rule != .pass, rule != .refuse(.discarded) else { return false }
        return !sender.tokens.accessExpiry.isUsable(at: now)
    }

    var rule: TokenRule {
        guard let session else { return .pass }
        guard session.session.discardedAt == nil, target?.session.discardedAt == nil else { return .refuse(.discarded) }
        switch token.use {
        case .call:
            if let target { return replacement(target.tokens.accessToken?.value) }
            // After a renewal by another process, the old token still works.
            return isForeign ? replacement(session.tokens.accessToken?.value) : .pass
        case .renewal:
            if let target { return replacement(target.tokens.refreshToken?.value) }
            // Another process's renewal may have replaced the application's refresh token.
            return isSetSince && !isForeign ? .pass : session.tokens.refreshToken.map { replacement($0.value) } ?? .pass
        }
    }

    /// Without a token to send in its place, the application's own must not be sent either.
    private func replacement(_ value: Secret?) -> TokenRule {
        guard let value else { return .refuse(.noToken) }
        return value == token.value ? .pass : .replace(with: value)
    }
}

/// A cache that keeps the most recently used entries: at least `limit` of them, and at most twice as many.
struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var recent: [Key: Value] = [:]

    /// Those that haven't been used since `recent` was last full.
    private var older: [Key: Value] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = recent[key] { return value }
            guard let value = older[key] else { return nil }
            self[key] = value
            return value
        }
        set {
            older[key] = nil
            recent[key] = newValue
            if recent.count >= limit { (recent, older) = ([:], recent) }
        }
    }

    func firstKey(where isMatch: (Value) -> Bool) -> Key? {
        (recent.first { isMatch($0.value) } ?? older.first { isMatch($0.value) })?.key
    }
}
