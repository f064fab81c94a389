import struct Foundation.Date

extension SessionManager {
    // MARK: Tokens from elsewhere

    /// Replaces the session's tokens. A renewal in flight loses: its result is not stored.
    ///
    /// Returns the previous session, for undo. Placeholders are refused (``Secret/isPlaceholder``).
    ///
    /// - Parameters:
    ///   - clientID: The client that the tokens were granted to, or `nil` for the session's own.
    ///   - issuer: The issuer that granted the tokens, or `nil` for the session's own. They are sent only there.
    ///   - expected: The tokens to replace, or `nil` for any. If the session has others by now, nothing changes.
    public func set(
        _ tokens: Tokens, clientID: String? = nil, issuer: String? = nil, on id: SessionID,
        replacing expected: Tokens? = nil
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession) {
        try tokens.requireNoPlaceholder()
        return try await replaceTokens(of: id, outcome: "tokens replaced", replacing: expected) { opened in
            // A refresh token belongs to one visitor.
            let isSameVisitor =
                tokens.refreshToken != nil && tokens.refreshToken?.value == opened.tokens.refreshToken?.value
            return ReplacedTokens(
                tokens, clientID: clientID ?? opened.session.clientID,
                visitorID: isSameVisitor ? opened.session.visitorID : nil, issuer: issuer ?? opened.session.issuer)
        }
    }

    /// Undoes the last time that the session's tokens were set, by this or another process: restores the tokens that
    /// were replaced. Undoing again redoes it.
    ///
    /// - Parameters:
    ///   - replaced: The tokens to restore. `nil`: those that the store kept.
    ///   - expected: The tokens to replace, or `nil` for any. If the session has others by now, nothing changes.
    ///   - isRedo: Whether this redoes a set that was undone. Recorded in the journal.
    public func undoSet(
        of id: SessionID, restoring replaced: ReplacedTokens? = nil, replacing expected: Tokens? = nil,
        isRedo: Bool = false
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession) {
        // The kept tokens were replaced by the current ones, so they may replace only those.
        let expected = if replaced == nil, expected == nil { try await store.open(id).tokens } else { expected }
        let kept: ReplacedTokens?
        do throws(StoreError) {
            kept = if let replaced { replaced } else { try await store.replacedTokens(of: id) }
        } catch {
            throw SessionError(error)
        }
        guard let kept else {
            throw SessionError(.unsuitable, "Session \(id) has no previous tokens to restore. Nothing was changed.")
        }
        return try await replaceTokens(
            of: id, outcome: isRedo ? JournalEntry.setRedone : JournalEntry.setUndone, replacing: expected
        ) {
            _ in kept
        }
    }

    private func replaceTokens(
        of id: SessionID, outcome: String?, replacing expected: Tokens?, _ make: (OpenedSession) -> ReplacedTokens
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession) {
        await loadClock()
        let entry = JournalEntry.Draft(.set, actor: name, outcome: outcome)
        var previous: OpenedSession?
        var tokens = Tokens()
        let session = try await write(id, keepsReplaced: true) { opened throws(SessionError) in
            try opened.session.requireInUse()
            guard expected == nil || opened.tokens == expected else {
                throw SessionError(
                    .unsuitable,
                    "The tokens of session \(id) were replaced in the meantime, so this change wasn't made.")
            }
            previous = opened
            let new = make(opened)
            tokens = new.tokens
            var session = opened.session
            session.clientID = new.clientID
            session.visitorID = new.visitorID
            session.issuer = new.issuer
            let isSameAccessToken = tokens.accessToken?.value == opened.tokens.accessToken?.value
            session.apply(tokens, at: new.tokensAt ?? (isSameAccessToken ? session.tokensAt : clock.now))
            session.refusedAt = new.refusedAt
            session.lease = nil
            return (session, tokens, entry)
        }
        return (session, previous ?? OpenedSession(session, tokens: tokens))
    }

    /// Stores `tokens` as a new session.
    ///
    /// A refresh token identifies one session. If another session holds it, this throws and stores nothing.
    ///
    /// - Parameter issuer: The issuer that granted the tokens: they are sent only there. `nil`: unknown until the first
    ///   renewal.
    public func add(
        _ tokens: Tokens, label: String = "", clientID: String, issuer: String? = nil
    ) async throws(SessionError) -> VisitorSession {
        try tokens.requireNoPlaceholder()
        await loadClock()
        do throws(StoreError) {
            return try await insert(tokens, label: label, clientID: clientID, issuer: issuer)
        } catch {
            throw SessionError(error)
        }
    }

    /// Returns the session of a visitor who presents `tokens`, usually in a cookie: the one that holds them, or that
    /// held them before a recent renewal (``SessionPolicy/rotationGrace``), otherwise a new one.
    ///
    /// Concurrent calls, in any number of processes and hosts, create one session.
    public func resume(_ tokens: Tokens, clientID: String) async throws(SessionError) -> VisitorSession {
        try await resume(tokens, label: "", clientID: clientID)
    }

    /// Like ``resume(_:clientID:)``, with a label in case a new session is created.
    package func resume(
        _ tokens: Tokens, label: String, clientID: String
    ) async throws(SessionError) -> VisitorSession {
        // Otherwise every visitor whose cookie says “undefined” would get the same session.
        try tokens.requireNoPlaceholder()
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else {
            throw SessionError(.unsuitable, "There is no token to resume a session with.")
        }
        await loadClock()
        do throws(StoreError) {
            let since = timing.clock.moment.wall - policy.rotationGrace
            let holders = try await store.sessions(holding: token, since: since, limit: 10)
            if let holder = holders.filter({ $0.discardedAt == nil && $0.damage == nil }).preferredHolder {
                return try await storeNewerAccessToken(of: tokens, on: holder)
            }
            do throws(StoreError) {
                return try await insert(tokens, label: label, clientID: clientID)
            } catch {
                guard error.kind == .duplicate, let other = error.session,
                    let session = try await store.opened(other)?.session
                else { throw error }
                return session
            }
        } catch {
            throw SessionError(error)
        }
    }

    /// If the visitor presents a newer access token for the same refresh token, stores it.
    private func storeNewerAccessToken(of tokens: Tokens, on holder: VisitorSession) async throws(StoreError)
        -> VisitorSession
    {
        // While the refresh token is in flight, the issuer's response will be newer.
        guard let opened = try await store.opened(holder.id), opened.session.sentAt == nil,
            opened.tokens.refreshToken?.value == tokens.refreshToken?.value,
            tokens.accessToken?.value != opened.tokens.accessToken?.value,
            let end = tokens.accessExpiry.date, opened.tokens.accessExpiry.date.map({ $0 < end }) ?? true
        else { return holder }
        var session = opened.session
        session.apply(tokens, at: clock.now)
        do throws(StoreError) {
            return try await store.update(
                session, tokens: tokens, entry: .init(.set, actor: name, outcome: "a newer access token"))
        } catch {
            // A concurrent write is newer.
            guard error.kind == .conflict else { throw error }
            return holder
        }
    }

    private func insert(
        _ tokens: Tokens, label: String, clientID: String, issuer: String? = nil
    ) async throws(StoreError) -> VisitorSession {
        let session = VisitorSession(label: label, clientID: clientID, issuer: issuer, tokens: tokens, at: clock.now)
        return try await store.insert(session, tokens: tokens, entry: .init(.set, actor: name, outcome: "new session"))
    }

    // MARK: Sessions

    /// Discards the session. It can be restored within the policy's grace period.
    public func discard(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await change(id, .discarded) { opened throws(SessionError) in
            guard opened.session.discardedAt == nil || opened.session.damage != nil else {
                throw SessionError(.unsuitable, "Session \(id) is already discarded.")
            }
            try opened.session.requireInUse()
            // Stores purge by their own clock, which may differ from the issuer's.
            opened.session.discardedAt = clock.moment.wall
        }
    }

    /// Restores a discarded session.
    public func restore(_ id: SessionID) async throws(SessionError) -> VisitorSession {
        try await change(id, .restored) { opened throws(SessionError) in
            guard let discardedAt = opened.session.discardedAt else {
                throw SessionError(.unsuitable, "Session \(id) isn't discarded, so it can't be restored.")
            }
            guard discardedAt + policy.gracePeriod > clock.moment.wall else {
                throw SessionError(.unsuitable, "Session \(id) was discarded too long ago to be restored.")
            }
            opened.session.discardedAt = nil
        }
    }

    /// Sets the session's label.
    public func label(_ id: SessionID, _ label: String) async throws(SessionError) -> VisitorSession {
        try await change(id, .labeled) { $0.session.label = label }
    }

    /// Sets whether schedulers renew the session automatically (``RenewalScheduler``).
    public func setAutoRenew(_ autoRenew: Bool, of id: SessionID) async throws(SessionError) -> VisitorSession {
        try await change(id, nil) { opened throws(SessionError) in
            try opened.session.requireInUse()
            opened.session.autoRenew = autoRenew
        }
    }

    /// Records in the journal that another session replaced this one.
    func noteReplacement(of id: SessionID, by other: SessionID) async throws(SessionError) {
        _ = try await change(id, .replaced, outcome: "a new visitor: session \(other)") { _ in }
    }

    // MARK: Steps

    /// Applies `edit` to the current session, retrying after concurrent writes.
    private func change(
        _ id: SessionID, _ event: JournalEntry.Event?, outcome: String? = nil,
        _ edit: (inout OpenedSession) throws(SessionError) -> Void
    ) async throws(SessionError) -> VisitorSession {
        let entry = event.map { JournalEntry.Draft($0, actor: name, outcome: outcome) }
        return try await write(id) { opened throws(SessionError) in
            var opened = opened
            try edit(&opened)
            return (opened.session, nil, entry)
        }
    }

    /// Applies `edit` to the current session and stores the result, retrying after concurrent writes. If `edit` returns
    /// no tokens, the stored ones are kept.
    ///
    /// - Parameter keepsReplaced: Whether the store keeps the replaced tokens, so that
    ///   ``undoSet(of:restoring:replacing:isRedo:)`` can restore them.
    func write(
        _ id: SessionID, keepsReplaced: Bool = false,
        _ edit: (OpenedSession) throws(SessionError) -> (
            session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?
        )
    ) async throws(SessionError) -> VisitorSession {
        var rounds = 100
        while true {
            let opened = try await store.open(id)
            let changed = try edit(opened)
            do throws(StoreError) {
                let isReplaced = keepsReplaced && changed.tokens != opened.tokens
                return try await store.update(
                    changed.session, tokens: changed.tokens, entry: changed.entry,
                    keeping: isReplaced ? ReplacedTokens(opened) : nil)
            } catch {
                rounds -= 1
                guard error.kind == .conflict, rounds > 0 else { throw SessionError(error) }
            }
        }
    }
}

extension VisitorSession {
    /// Whether the tokens are from an issuer on this machine, the only kind that is contacted without TLS.
    ///
    /// - Parameter current: The issuer in use, for tokens whose issuer isn't known.
    package func isOfLocalIssuer(else current: String) -> Bool { (issuer ?? current).hasPrefix("http://") }

    /// Throws if the session is discarded or damaged.
    package func requireInUse() throws(SessionError) {
        if let damage { throw SessionError(.damaged(id, damage)) }
        guard discardedAt == nil else {
            throw SessionError(.unsuitable, "Session \(id) is discarded. Restore it first.")
        }
    }

    /// Whether setting the session's current tokens again would change nothing.
    ///
    /// - Parameters:
    ///   - clientID: The client that the tokens were granted to, or `nil` for the session's own.
    ///   - issuer: The issuer that granted the tokens, or `nil` for the session's own.
    package func keepsState(withOwnTokensOf clientID: String?, issuer: String?) -> Bool {
        damage == nil && discardedAt == nil && refusedAt == nil && sentAt == nil && failures == 0
            && (clientID ?? self.clientID) == self.clientID
            && (issuer ?? self.issuer) == self.issuer
    }

    /// Throws if the tokens are known to be from another issuer.
    func requireIssuer(_ name: String) throws(SessionError) {
        if let issuer, issuer != name { throw .ofAnotherIssuer(self, than: name) }
    }

    /// Throws if the application that uses this session can't use the tokens of `target`, as far as is known: it would send
    /// them to its own issuer, with its own client ID.
    package func requireIssuerAndClient(of target: VisitorSession) throws(SessionError) {
        func failure(_ own: String, _ other: String, _ kind: String) -> SessionError {
            SessionError(
                .configuration,
                "Session \(id.prefix(8)) belongs to \(own), but session \(target.id.prefix(8)) belongs to \(other). No tokens were sent. Choose a session of the same \(kind)."
            )
        }
        if let issuer, let other = target.issuer, issuer != other { throw failure(issuer, other, "issuer") }
        // The issuer would refuse the renewal. A client that isn't known is empty.
        let clients = [clientID, target.clientID].map { $0.lowercased() }
        if !clients.contains(""), clients[0] != clients[1] {
            throw failure("client \(clientID)", "client \(target.clientID)", "client")
        }
    }
}

extension Tokens {
    /// Throws if a token is a placeholder (``Secret/isPlaceholder``).
    func requireNoPlaceholder() throws(SessionError) {
        for (token, name) in [(accessToken?.value, "access token"), (refreshToken?.value, "refresh token")]
        where token?.isPlaceholder ?? false {
            throw SessionError(.unsuitable, "The \(name) is only a placeholder. Nothing was changed.")
        }
    }
}
