import Foundation
import VisitorSessions

/// Applies other processes' changes to the running application: decides what happens to its tokens on the wire.
///
/// | elsewhere | in the application |
/// |---|---|
/// | a session is renewed | its next renewal sends the new refresh token |
/// | a session's tokens are set | both tokens are substituted, until the substitution is withdrawn |
/// | another session's tokens are substituted | the same |
/// | a session is discarded | its calls and renewals are refused, until it is restored |
actor RuleDecider {
    /// If the store takes longer than this, the token's last rule applies; without one, the request passes.
    private static let timeLimit = Duration.milliseconds(250)

    /// Calls are refused if the renewal of the token that they need takes longer than this.
    private static let renewalTimeout = Duration.seconds(5)

    /// How long a decision holds at most, unless a session changes.
    private static let validity = Duration.seconds(30)

    private let manager: SessionManager
    private let store: any SessionBrowser
    private let run: LiveRun
    private let rules: TokenRules
    private let say: @Sendable (String) -> Void

    init(
        _ manager: SessionManager, store: any SessionBrowser, run: LiveRun, rules: TokenRules,
        say: @escaping @Sendable (String) -> Void
    ) {
        (self.manager, self.store, self.run, self.rules, self.say) = (manager, store, run, rules, say)
    }

    /// Decides the rules that the recorder asks for, until it ends.
    func decide() async {
        await withDiscardingTaskGroup { group in
            for await token in rules.requests { group.addTask { await self.decide(token) } }
        }
    }

    /// Follows the store's events until the task is cancelled.
    func follow() async {
        do {
            for try await entry in store.events() {
                // Once begun, this isn't cancelled: tokens may be moving from one session to another.
                if entry.draft.actor != manager.name { await Task { await note(entry) }.value }
                rules.invalidate()
            }
        } catch {
            say("Changes by other processes no longer reach the application: \(error.message)")
        }
    }

    // MARK: Rules

    func decide(_ token: UsedToken) async {
        let rules = rules
        func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) -> Task<Void, Never> {
            Task {
                do { try await Task.sleep(for: delay) } catch { return }
                action()
            }
        }
        let waiting = after(Self.timeLimit) { rules.extend(token, validFor: .seconds(1)) }
        var generation = rules.generation
        var situation = try? await situation(of: token)
        waiting.cancel()
        if let due = situation, due.needsRenewal(at: manager.clock.now), let sender = due.sender {
            let refusing = after(Self.renewalTimeout) { [generation] in
                rules.set(.refuse(.noToken), for: token, validFor: .seconds(1), asOf: generation)
            }
            await keepFresh(sender.session)
            refusing.cancel()
            generation = rules.generation
            situation = (try? await self.situation(of: token)) ?? due
        }
        guard let situation else { return rules.extend(token, validFor: .seconds(1)) }
        let validity = situation.sender.map { Self.validity(of: $0.session) } ?? Self.validity
        rules.set(situation.rule, for: token, validFor: validity, asOf: generation)
        if let sender = situation.sender { await keepFresh(sender.session) }
    }

    /// How long the decision to send a session's access token holds: at most a quarter of the token's lifetime.
    private static func validity(of session: VisitorSession) -> Duration {
        guard let expiresAt = session.accessExpiry.date else { return validity }
        return min(validity, .seconds(max(expiresAt.timeIntervalSince(session.tokensAt), 0)) / 4)
    }

    private func situation(of token: UsedToken) async throws -> TokenSituation {
        var situation = TokenSituation(token: token)
        guard let owner = try await run.owner(of: token.value) else { return situation }
        situation.isForeign = owner.isForeign
        situation.session = try await store.opened(owner.session)
        let substitution = try await store.substitutions().first { $0.session == owner.session }
        if let target = substitution?.target { situation.target = try await store.opened(target) }
        if token.use == .renewal, situation.session?.tokens.refreshToken?.value != token.value {
            situation.isSetSince = try await isSet(owner.session, since: Date() - manager.policy.rotationGrace)
        }
        return situation
    }

    private func isSet(_ session: SessionID, since date: Date) async throws -> Bool {
        try await store.history(of: session, limit: 50).contains { $0.draft.event == .set && $0.at > date }
    }

    /// Renews a session whose access token the application doesn't know, and so can't renew in time: with a
    /// minute left, or half of the token's lifetime if that is shorter.
    private func keepFresh(_ session: VisitorSession) async {
        do throws(SessionError) {
            _ = try await manager.tokens(of: session.id, minimumLifetime: Self.validity(of: session) * 2)
        } catch {
            // The failure shows in the application's calls, which the issuer refuses.
        }
    }

    // MARK: Events

    func note(_ entry: JournalEntry) async {
        let id = entry.session
        do {
            switch entry.draft.event {
            case .set: try await noteSet(id)
            case .withdrawn: try await endSubstitution(id)
            case .substituted where await run.applicationTokens(of: id) != nil:
                let target = try await store.substitutions().first { $0.session == id }?.target
                let tokens = target.map { "session \($0.prefix(8))'s tokens" } ?? "other tokens"
                say("The application now sends \(tokens) instead of session \(id.prefix(8))'s.")
            case .discarded where await run.applicationTokens(of: id) != nil:
                say("Session \(id.prefix(8)) was discarded: the application's calls that use it are refused.")
            default: return
            }
        } catch {
            let reason = (error as? SessionError ?? (error as? StoreError).map(SessionError.init))?.message
            say("A change to session \(id.prefix(8)) may not reach the application: \(reason ?? "\(error)")")
        }
    }

    /// Another process has set a session's tokens: the application gets them, unless they are its own.
    private func noteSet(_ id: SessionID) async throws {
        guard let own = await run.applicationTokens(of: id)?.tokens, let opened = try await store.opened(id) else {
            return
        }
        let isOwn = opened.tokens.sharesToken(with: own)
        await run.note(id, isSetElsewhere: !isOwn)
        let substitution = try await store.substitutions().first { $0.session == id }
        if isOwn, substitution?.target == id {
            try await store.withdrawSubstitution(of: id, by: manager.name)
            say("Session \(id.prefix(8)) has the application's own tokens again.")
        } else if !isOwn, substitution == nil {
            try await store.substitute(id, with: id, by: manager.name)
            say(
                "The application now uses the tokens set on session \(id.prefix(8)). To stop, run `session-inspector live withdraw \(id.prefix(8))`."
            )
        }
    }

    /// A substitution was withdrawn. If tokens were set on the session, the application's own tokens are restored, and the
    /// set ones are stored as a new session.
    private func endSubstitution(_ id: SessionID) async throws {
        guard let (own, since) = await run.applicationTokens(of: id) else { return }
        await run.note(id, isSetElsewhere: false)
        say("The application uses its own tokens for session \(id.prefix(8)) again.")
        // The tokens may also differ because another process renewed them.
        guard let opened = try await store.opened(id), !opened.tokens.sharesToken(with: own),
            try await isSet(id, since: since)
        else { return }
        _ = try await manager.set(own, on: id, replacing: opened.tokens)
        let kept: VisitorSession
        do {
            kept = try await manager.add(
                opened.tokens, label: opened.session.label, clientID: opened.session.clientID,
                issuer: opened.session.issuer)
        } catch {
            await run.keep(opened.tokens)
            throw error
        }
        say("The tokens that were set on session \(id.prefix(8)) are now stored as session \(kept.id.prefix(8)).")
    }
}

extension Tokens {
    func sharesToken(with other: Tokens) -> Bool {
        [other.refreshToken?.value, other.accessToken?.value].contains { $0.map(holds) ?? false }
    }

    func holds(_ token: Secret) -> Bool { refreshToken?.value == token || accessToken?.value == token }
}
