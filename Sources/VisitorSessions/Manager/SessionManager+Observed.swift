import struct Foundation.Date

/// Records what a running application itself does with its visitors' tokens.
extension SessionManager {
    /// Records a new visitor, or tokens that no session has yet. If a session already holds them, returns it.
    ///
    /// - Parameters:
    ///   - clientID: The client ID, if known. Otherwise, a later renewal may provide it.
    ///   - duration: How long the issuer took. `nil`: the tokens were issued before recording started.
    package func recordVisitor(
        _ issued: IssuedTokens, label: String, clientID: String?, after duration: Duration?
    ) async throws(SessionError) -> VisitorSession {
        let tokens = Tokens(accessToken: issued.accessToken, refreshToken: issued.refreshToken)
        try tokens.requireNoPlaceholder()
        if let token = issued.refreshToken?.value, let holder = try await holder(of: token) { return holder }
        var session = VisitorSession(
            label: VisitorSession.label(label), clientID: clientID ?? VisitorSession.unknownClientID,
            issuer: issuer.name,
            tokens: tokens, at: clock.now)
        do throws(StoreError) {
            session = try await store.insert(
                session, tokens: tokens,
                entry: .init(
                    .generated, actor: name, outcome: "in the application", requestID: issued.requestID,
                    duration: duration))
            return session
        } catch {
            guard error.kind == .duplicate, let id = error.session else { throw SessionError(error) }
            return try await store.open(id).session
        }
    }

    /// Takes the lease of the session whose refresh token an application has just sent: other renewals wait for the
    /// application's result, until ``recordRenewal(of:_:clientID:after:)`` or the lease's deadline.
    ///
    /// If another process is renewing the session, nothing happens.
    package func beginObservedRenewal(of token: Secret) async throws(SessionError) {
        guard let holder = try await holder(of: token), holder.discardedAt == nil,
            holder.issuer ?? issuer.name == issuer.name
        else { return }
        let opened = try await store.open(holder.id)
        guard opened.tokens.refreshToken?.value == token else { return }
        do throws(StoreError) {
            _ = try await store.lease(opened.session, to: self.holder, for: policy.leaseDuration, within: nil)
        } catch {
            guard error.kind != .leased, error.kind != .conflict else { return }
            throw SessionError(error)
        }
    }

    /// Records an application's renewal on the session that holds `token`, and releases its lease. Returns `nil` and
    /// creates nothing if no session holds it. A discarded session is returned unchanged. So is another issuer's
    /// session if this issuer refused the token, because its own issuer may accept it.
    package func recordRenewal(
        of token: Secret, _ result: Result<IssuedTokens, IssuerError>, clientID: String?, after duration: Duration
    ) async throws(SessionError) -> VisitorSession? {
        guard let found = try await holder(of: token) else { return nil }
        guard found.discardedAt == nil else { return found }
        if case .failure = result, let own = found.issuer, own != issuer.name { return found }
        return try await write(found.id) { current in
            let isHeld = current.tokens.refreshToken?.value == token
            var observed = current
            // Another process's lease is for its own renewal.
            if current.session.lease?.holder != holder { observed.session.lease = nil }
            if !isHeld { observed.tokens.refreshToken = RefreshToken(token, role: current.session.role) }
            let outcome = RenewalOutcome(
                leased: observed, sentBefore: nil, answer: result, duration: duration, issuer: issuer.name,
                isInBackground: false, retryAt: nil)
            var write = outcome.applied(to: current, by: name, at: clock.now)
            if isHeld, case .failure(let error) = result, error.kind == .refused {
                write.session.refusedAt = clock.now
                write.session.sentAt = nil
            }
            if write.session.clientID == VisitorSession.unknownClientID, let clientID {
                write.session.clientID = clientID
            }
            write.entry.outcome = write.entry.outcome ?? "in the application"
            return (write.session, write.tokens, write.entry)
        }
    }

    /// Records that an application lost a visitor: its renewal failed, and it started another visitor instead.
    package func recordLoss(of id: SessionID, to other: SessionID) async throws(SessionError) {
        _ = try await write(id) { opened in
            (opened.session, nil, .init(.lost, actor: name, outcome: "replaced by session \(other)"))
        }
    }

    /// The session that holds `token`, or held it before a renewal. Of several, the ``Swift/Collection/preferredHolder``.
    package func holder(of token: Secret) async throws(SessionError) -> VisitorSession? {
        do throws(StoreError) {
            let since = clock.moment.wall - policy.rotationGrace
            return try await store.sessions(holding: token, since: since, limit: 10)
                .filter { $0.damage == nil }.preferredHolder
        } catch {
            throw SessionError(error)
        }
    }
}

extension VisitorSession {
    /// The client ID of a session whose tokens were recorded without one.
    package static let unknownClientID = ""
}
