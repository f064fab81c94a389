import struct Foundation.Date

/// What a running application does with its visitors' tokens by itself.
extension SessionManager {
    /// Records a new visitor, or tokens that no session has yet. A session that holds them already is returned.
    package func recordVisitor(
        _ issued: IssuedTokens, label: String, clientID: String
    ) async throws(SessionError) -> VisitorSession {
        let tokens = Tokens(accessToken: issued.accessToken, refreshToken: issued.refreshToken)
        try tokens.requireNoPlaceholder()
        if let token = issued.refreshToken?.value, let holder = try await holder(of: token) { return holder }
        var session = VisitorSession(
            label: VisitorSession.label(label), clientID: clientID, issuer: issuer.name, tokens: tokens, at: clock.now)
        do throws(StoreError) {
            session = try await store.insert(
                session, tokens: tokens,
                entry: .init(.generated, actor: name, outcome: "by the application", requestID: issued.requestID))
            return session
        } catch {
            guard error.kind == .duplicate, let id = error.session else { throw SessionError(error) }
            return try await store.open(id).session
        }
    }

    /// Records an application's renewal on the session that holds `token`. `nil`: no session holds it, and none is made.
    package func recordRenewal(
        of token: Secret, _ result: Result<IssuedTokens, IssuerError>
    ) async throws(SessionError) -> VisitorSession? {
        guard let holder = try await holder(of: token) else { return nil }
        for _ in 0..<100 {
            let current = try await store.open(holder.id)
            let isHeld = current.tokens.refreshToken?.value == token
            var observed = current
            if !isHeld { observed.tokens.refreshToken = RefreshToken(token, role: current.session.role) }
            let outcome = RenewalOutcome(
                leased: observed, sentBefore: current.session.sentAt, answer: result, issuer: issuer.name,
                isInBackground: false, retryAt: nil)
            var write = outcome.applied(to: current, by: name, at: clock.now)
            if isHeld, case .failure(let error) = result, error.kind == .refused {
                write.session.refusedAt = clock.now
                write.session.sentAt = nil
            }
            write.entry.outcome = write.entry.outcome ?? "by the application"
            do throws(StoreError) {
                return try await store.update(write.session, tokens: write.tokens, entry: write.entry)
            } catch {
                guard error.kind == .conflict else { throw SessionError(error) }
            }
        }
        throw SessionError(.store, "Session \(holder.id) changes too often to record its renewal.")
    }

    /// Records that an application lost a visitor: its renewal failed, and it started another visitor instead.
    package func recordLoss(of id: SessionID, to other: SessionID) async throws(SessionError) {
        for _ in 0..<100 {
            let opened = try await store.open(id)
            do throws(StoreError) {
                _ = try await store.update(
                    opened.session, tokens: nil,
                    entry: .init(.lost, actor: name, outcome: "replaced by session \(other)"))
                return
            } catch {
                guard error.kind == .conflict else { throw SessionError(error) }
            }
        }
    }

    /// The session in use that holds `token`, or held it before a renewal.
    package func holder(of token: Secret) async throws(SessionError) -> VisitorSession? {
        do throws(StoreError) {
            let since = clock.moment.wall - policy.rotationGrace
            return try await store.sessions(holding: token, since: since, limit: 10)
                .first { $0.discardedAt == nil && $0.damage == nil }
        } catch {
            throw SessionError(error)
        }
    }
}
