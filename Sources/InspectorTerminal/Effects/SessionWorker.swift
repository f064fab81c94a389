import InspectorCore
import VisitorSessions

/// Performs actions on sessions, copies them, and asks the issuer about them.
struct SessionWorker: Sendable {
    let services: InspectorServices
    let environment: [String: String]

    private var manager: SessionManager { services.manager }

    // MARK: Actions

    private func substitute(_ id: SessionID, with target: SessionID?) async throws(SessionError) -> VisitorSession {
        if let target {
            try await stored(id).requireIssuerAndClient(of: try await stored(target))
        }
        do throws(StoreError) {
            if let target {
                try await services.store.substitute(id, with: target, by: manager.name)
            } else {
                let isActive = try await services.store.substitutions().contains { $0.session == id }
                guard isActive else { throw StoreError(.notFound, InspectorTexts.substitutionStopped(id)) }
                try await services.store.withdrawSubstitution(of: id, by: manager.name)
            }
        } catch {
            throw SessionError(error)
        }
        return try await stored(id)
    }

    private func stored(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        do throws(StoreError) {
            guard let session = try await services.store.session(id) else { throw StoreError.notFound(id) }
            return session
        } catch {
            throw SessionError(error)
        }
    }

    func perform(_ action: SessionAction, job: Int) async -> Outcome {
        do {
            let (session, previous) = try await change(action)
            return Outcome(action, of: job, .success(session), previous: previous)
        } catch {
            return Outcome(action, of: job, .failure(error))
        }
    }

    private func change(
        _ action: SessionAction
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession?) {
        switch action {
        case .generate(let label, let typed):
            let clientID = if let typed { typed } else { try clientID() }
            return (try await manager.generate(label: label, clientID: clientID), nil)
        case .renew(let id): return (try await renew(id), nil)
        case .renewFromNamedIssuer(let id):
            await manager.sendTokensToThisIssuer(of: id)
            return (try await renew(id), nil)
        case .discard(let id): return (try await manager.discard(id), nil)
        case .restore(let id): return (try await manager.restore(id), nil)
        case .label(let id, let label, _): return (try await manager.label(id, label), nil)
        case .autoRenew(let id, let isOn): return (try await manager.setAutoRenew(isOn, of: id), nil)
        case .substitute(let id, let target):
            return (try await substitute(id, with: target), nil)
        case .withdraw(let id): return (try await substitute(id, with: nil), nil)
        case .add(let tokens, let label, let found):
            let clientID = if let found { found } else { try clientID() }
            let added = try await manager.add(
                tokens, label: label, clientID: clientID, issuer: services.namedIssuer?.name)
            return (added, nil)
        case .set(let tokens, let clientID, let id, let expected):
            let session = try await stored(id)
            let done = try await manager.set(
                tokens, clientID: clientID, issuer: services.namedIssuer?.forTokens(of: session), on: id,
                replacing: expected)
            return (done.session, done.previous)
        case .undoSet(let id, let isRedo): return (try await manager.undoSet(of: id, isRedo: isRedo).session, nil)
        case .restoreTokens(let before, let replaced, let isRedo):
            let done = try await manager.undoSet(
                of: before.session.id, restoring: ReplacedTokens(before), replacing: replaced, isRedo: isRedo)
            return (done.session, done.previous)
        }
    }

    /// If the issuer refuses tokens that another process has set, the error says how to restore the previous ones.
    private func renew(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        do throws(SessionError) {
            return try await manager.renew(id)
        } catch {
            guard error.kind == .refused, let set = try? await services.store.undoableSet(of: id),
                set.draft.actor != manager.name
            else { throw error }
            var explained = error
            explained.message += " \(InspectorTexts.undoCommand(id))"
            throw explained
        }
    }

    private func clientID() throws(SessionError) -> String {
        guard let clientID = services.clientID else {
            throw SessionError(.configuration, InspectorTexts.noClientID)
        }
        return clientID
    }

    // MARK: Copies

    /// Copies one session per line, to tmux's buffer if the inspector runs in tmux.
    ///
    /// - Parameter renews: Whether expired access tokens are renewed first.
    func copy(_ form: CopyFormat, _ sessions: [VisitorSession], renewing renews: Bool) async -> Copied {
        var (lines, sessions) = ([String](), sessions)
        do throws(SessionError) {
            for (index, session) in sessions.enumerated() {
                if case .claim(_, let value) = form {
                    lines.append(value)
                } else {
                    if renews {
                        _ = try await manager.tokens(of: session.id)
                        sessions[index] = try await stored(session.id)
                    }
                    if let text = try await write(session.id, form) { lines.append(text.reveal()) }
                }
            }
        } catch {
            return Copied(form: form, sessions: sessions, characters: 0, delivery: .failed(error.message))
        }
        guard !lines.isEmpty else {
            return Copied(
                form: form, sessions: sessions, characters: 0, delivery: .failed(InspectorTexts.noTokenToCopy))
        }
        let text = Secret(lines.joined(separator: "\n"))
        let isInTmux =
            !environment["TMUX", default: ""].isEmpty && Clipboard.loadIntoTmux(text, environment: environment)
        return Copied(
            form: form, sessions: sessions, characters: lines.reduce(lines.count - 1) { $0 + $1.count },
            delivery: isInTmux ? .tmux : .terminal(text))
    }

    private func write(_ id: SessionID, _ form: CopyFormat) async throws(SessionError) -> Secret? {
        do throws(StoreError) {
            guard let opened = try await services.store.opened(id) else { return nil }
            return services.write(opened, form, try await places(of: id, form.placeKind))
        } catch {
            throw SessionError(error)
        }
    }

    /// Where the page that uses the session keeps tokens. If it isn't known, where the only known page keeps them.
    private func places(of id: SessionID, _ kind: TokenPlace.Kind?) async throws(StoreError) -> [TokenPlace] {
        guard let kind else { return [] }
        let origins = try await services.store.placeOrigins()
        let page = try await services.store.liveSessions(among: [id])[id]?.source.label ?? ""
        let own = origins.first { origin in
            // A browser's source is named after the host; an application's may be named after the page.
            let host = origin.split(separator: "://").last.map(String.init)
            return page == origin || page == host || page.hasPrefix("\(origin)/")
        }
        guard let origin = own ?? (origins.count == 1 ? origins.first : nil) else { return [] }
        return try await services.store.places(of: origin).filter { $0.kind == kind }
    }

    // MARK: Requests to the issuer

    func requestTokenInfo(_ session: VisitorSession) async -> Notice {
        await ask(services.tokenInfo, about: session, otherwise: InspectorTexts.noTokenInfo)
    }

    func probe(_ session: VisitorSession, named name: String?) async -> Notice {
        var question: (@Sendable (Secret, VisitorSession) async -> Notice)?
        if let send = services.probe { question = { await send($0, $1, name) } }
        return await ask(question, about: session, otherwise: InspectorTexts.noProbe)
    }

    /// Asks a question that sends the session's access token. Returns the answer, or why nothing was sent.
    private func ask(
        _ question: (@Sendable (Secret, VisitorSession) async -> Notice)?, about session: VisitorSession,
        otherwise reason: String
    ) async -> Notice {
        guard let question else { return InspectorTexts.notSent(reason, on: session) }
        do {
            guard let token = try await manager.manager(for: session).openForIssuer(session.id).tokens.accessToken
            else {
                return InspectorTexts.notSent(InspectorTexts.noAccessToken, on: session)
            }
            var notice = await question(token.value, session)
            notice.title = InspectorTexts.noticeTitle(notice.title, on: session)
            return notice
        } catch {
            return InspectorTexts.notSent(error.message, on: session)
        }
    }
}
