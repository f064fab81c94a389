import Foundation
import VisitorSessions

/// Brings other processes' changes to sessions to the running application: decides what happens to its tokens on the
/// wire.
///
/// | elsewhere | in the application |
/// |---|---|
/// | a session is renewed | its next renewal sends the new refresh token |
/// | a session's tokens are set | both tokens are substituted, until that is withdrawn |
/// | another session's tokens are substituted | the same |
/// | a session is discarded | its calls and renewals are refused, until it is restored |
actor LiveSurgery {
    /// Calls pass if the store doesn't say in this time what is to happen to them.
    private static let patience = Duration.milliseconds(250)

    /// How long a decision holds, unless a session changes.
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
                if entry.draft.actor != manager.name { await note(entry) }
                rules.invalidate()
            }
        } catch {
            say("Changes by other processes no longer reach the application: \(error.message)")
        }
    }

    // MARK: Rules

    private func decide(_ token: UsedToken) async {
        let waiting = Task { [rules] in
            do { try await Task.sleep(for: Self.patience) } catch { return }
            rules.extend(token, validFor: .seconds(1))
        }
        let generation = rules.generation
        let situation = try? await situation(of: token)
        waiting.cancel()
        guard let situation else { return rules.extend(token, validFor: .seconds(1)) }
        rules.set(situation.rule, for: token, validFor: Self.validity, asOf: generation)
        if let target = situation.target?.session ?? (situation.isForeign ? situation.session?.session : nil) {
            await keepFresh(target)
        }
    }

    private func situation(of token: UsedToken) async throws -> TokenSituation {
        var situation = TokenSituation(token: token)
        guard let owner = try await run.owner(of: token.value) else { return situation }
        situation.isForeign = owner.isForeign
        situation.session = try await store.opened(owner.session)
        let substitution = try await store.substitutions().first { $0.session == owner.session }
        if let target = substitution?.target { situation.target = try await store.opened(target) }
        if token.use == .renewal, situation.session?.tokens.refreshToken?.value != token.value {
            let since = Date() - manager.policy.rotationGrace
            situation.isSetSince = try await store.history(of: owner.session, limit: 50).contains {
                $0.draft.event == .set && $0.at > since
            }
        }
        return situation
    }

    /// Renews a session whose access token the application doesn't know, and so can't renew in time.
    private func keepFresh(_ session: VisitorSession) async {
        do throws(SessionError) {
            _ = try await manager.tokens(of: session.id, minimumLifetime: Self.validity * 2)
        } catch {
            // The application's calls show it: the issuer refuses them.
        }
    }

    // MARK: Events

    private func note(_ entry: JournalEntry) async {
        let id = entry.session
        do {
            switch entry.draft.event {
            case .set: try await noteSet(id)
            case .withdrawn: try await takeBack(id)
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
        guard let own = await run.applicationTokens(of: id), let opened = try await store.opened(id) else { return }
        let isOwn = opened.tokens.sharesToken(with: own)
        let substitution = try await store.substitutions().first { $0.session == id }
        if isOwn, substitution?.target == id {
            try await store.withdrawSubstitution(of: id, by: manager.name)
            say("Session \(id.prefix(8)) has the application's own tokens again.")
        } else if !isOwn, substitution == nil {
            try await store.substitute(id, with: id, by: manager.name)
            say(
                "The application now uses the tokens set on session \(id.prefix(8)). To stop, run `live withdraw \(id.prefix(8))`."
            )
        }
    }

    /// A substitution was withdrawn: if tokens were set on the session, it gets the application's again, and those that
    /// were set become another session.
    private func takeBack(_ id: SessionID) async throws {
        guard let own = await run.applicationTokens(of: id) else { return }
        say("The application uses its own tokens for session \(id.prefix(8)) again.")
        guard let opened = try await store.opened(id), !opened.tokens.sharesToken(with: own) else { return }
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
    fileprivate func sharesToken(with other: Tokens) -> Bool {
        let shared = refreshToken != nil && refreshToken?.value == other.refreshToken?.value
        return shared || accessToken != nil && accessToken?.value == other.accessToken?.value
    }
}
