import Logging

/// Holds one visitor's tokens and sends requests with them: the client of the Wix JavaScript SDK, in Swift.
///
/// The tokens are a stored session of the manager, so clients in any number of processes and hosts can share one
/// visitor: one of them renews, and none overwrites another's result. If the client has no tokens, it generates a
/// visitor on first use.
///
/// | JavaScript | Swift | deliberate differences |
/// |---|---|---|
/// | `createClient({auth: OAuthStrategy({clientId, tokens})})` | ``init(manager:clientID:tokens:whenRefused:)``, ``init(manager:session:whenRefused:)`` | the tokens are stored, and any client that presents them resumes the session |
/// | `auth.generateVisitorTokens(tokens?)` | ``generateVisitorTokens(_:whenRefused:)`` | the result becomes this client's tokens and is stored before it is returned; concurrent first calls create one visitor; only a definite refusal creates a new one |
/// | `auth.renewToken(refreshToken)` | ``renewToken(_:)`` | a rotated refresh token is kept; all callers share one request |
/// | `auth.setTokens(tokens)` | ``setTokens(_:)`` | stored; the previous session is kept |
/// | `auth.getTokens()` | ``tokens()`` | |
/// | `auth.getAuthHeaders()` | ``accessToken(minimumLifetime:)`` | renewed before expiry, by the issuer's clock; a temporary failure never creates a new visitor |
/// | `auth.loggedIn()` | ``tokens()`` and its ``Tokens/role`` | |
/// | `client.fetch(…)`, API calls | `send(_:over:)` of `WixHeadless`, ``authorized(_:isExpired:)`` | renewed and retried once if the server reports an expired token |
///
/// Member login (`login`, `getMemberTokens…`, `logout`) isn't supported. Set the tokens that a login returned.
public actor VisitorClient {
    /// What to do after the issuer has definitely refused the refresh token.
    public enum WhenRefused: Sendable {
        /// Create a new visitor in a new session. The old session's journal names it.
        case startNewVisitor
        /// Throw and keep the session, so that the visitor's cart isn't abandoned silently.
        case fail
    }

    private enum Identity: Equatable {
        case none
        /// Tokens whose session hasn't been looked up yet.
        case tokens(Tokens)
        case session(SessionID)
    }

    private let manager: SessionManager
    private let clientID: String
    private let whenRefused: WhenRefused
    private var identity: Identity

    /// The generation in flight, shared by all callers; `setTokens` detaches it.
    private var generationInFlight: Flight<SessionID>?

    /// - Parameters:
    ///   - tokens: The visitor's tokens, usually from a cookie. The issuer isn't contacted until necessary.
    ///   - whenRefused: What ``accessToken(minimumLifetime:)`` and ``authorized(_:isExpired:)`` do after a refusal.
    public init(
        manager: SessionManager, clientID: String, tokens: Tokens = Tokens(), whenRefused: WhenRefused = .fail
    ) {
        self.manager = manager
        self.clientID = clientID
        self.whenRefused = whenRefused
        identity = tokens.isEmpty ? .none : .tokens(tokens)
    }

    /// Resumes a stored session.
    public init(manager: SessionManager, session: VisitorSession, whenRefused: WhenRefused = .fail) {
        self.manager = manager
        clientID = session.clientID
        self.whenRefused = whenRefused
        identity = .session(session.id)
    }

    // MARK: Tokens

    /// Returns working visitor tokens, which become this client's tokens:
    ///
    /// | given | returned |
    /// |---|---|
    /// | nothing | a new visitor's access and refresh token |
    /// | a valid access token and its refresh token | both, unchanged, without a request |
    /// | an expired access token and a working refresh token | the same refresh token and a new access token |
    /// | neither works | a new visitor's tokens, if `whenRefused` allows it |
    ///
    /// A new visitor replaces an old one only after a definite refusal. Any other failure throws, and nothing is lost.
    public func generateVisitorTokens(
        _ tokens: Tokens = Tokens(), whenRefused: WhenRefused = .startNewVisitor
    ) async throws(SessionError) -> Tokens {
        if tokens.isEmpty {
            let old = sessionID
            let id = try await begin { manager, clientID throws(SessionError) in
                try await manager.newVisitor(clientID: clientID, inPlaceOf: old)
            }
            return try await manager.store.open(id).tokens
        }
        let id = try await adopt(tokens)
        return try await usableTokens(of: id, whenRefused: whenRefused) { manager, id throws(SessionError) in
            try await manager.tokens(of: id)
        }
        .tokens
    }

    /// Redeems a refresh token, by default this client's, whether or not the access token still works. The result
    /// becomes this client's tokens.
    public func renewToken(_ refreshToken: RefreshToken? = nil) async throws(SessionError) -> Tokens {
        let id: SessionID
        if let refreshToken {
            id = try await adopt(Tokens(refreshToken: refreshToken))
        } else {
            id = try await session()
        }
        return try await manager.renew(id, .demanded, observed: nil).tokens
    }

    /// Makes `tokens` this client's tokens. The previous session keeps its own.
    public func setTokens(_ tokens: Tokens) async throws(SessionError) {
        if tokens.isEmpty {
            become(.none)
        } else {
            _ = try await adopt(tokens)
        }
    }

    /// This client's stored tokens, whether or not they still work. Empty if there are none yet.
    public func tokens() async throws(SessionError) -> Tokens {
        switch identity {
        case .none: Tokens()
        case .tokens(let tokens): tokens
        case .session(let id): try await manager.store.open(id).tokens
        }
    }

    /// The stored session of this client, or `nil` if there is none yet.
    public var sessionID: SessionID? {
        guard case .session(let id) = identity else { return nil }
        return id
    }

    // MARK: Requests

    /// Returns an access token that works for at least `minimumLifetime`, generating or renewing it if necessary.
    public func accessToken(minimumLifetime: Duration = .zero) async throws(SessionError) -> AccessToken {
        let tokens = try await usableTokens(of: try await session(), whenRefused: whenRefused) {
            manager, id throws(SessionError) in
            try await manager.tokens(of: id, minimumLifetime: minimumLifetime)
        }
        .tokens
        return try tokens.requireAccessToken()
    }

    /// Sends a request with a working access token. If the response says that the token has expired, renews it and
    /// sends the request once more.
    ///
    /// - Parameters:
    ///   - send: Sends the request. Wix expects the raw token in `Authorization`, without `Bearer`.
    ///   - isExpired: Whether a response means that the token has expired.
    public func authorized<Answer: Sendable>(
        _ send: @Sendable (Secret) async throws -> Answer, isExpired: @Sendable (Answer) -> Bool
    ) async throws -> Answer {
        // Tokens set in the meantime must not turn this into another visitor's request.
        let (id, tokens) = try await usableTokens(of: try await session(), whenRefused: whenRefused) {
            manager, id throws(SessionError) in
            try await manager.tokens(of: id)
        }
        let token = try tokens.requireAccessToken().value
        let answer = try await send(token)
        guard isExpired(answer) else { return answer }
        let renewed: Tokens
        do throws(SessionError) {
            renewed = try await usableTokens(of: id, whenRefused: whenRefused) { manager, id throws(SessionError) in
                try await manager.tokens(of: id, refused: token)
            }
            .tokens
        } catch {
            // There is nothing to renew with, so the server's response is the best explanation.
            guard error.kind == .unsuitable else { throw error }
            return answer
        }
        return try await send(try renewed.requireAccessToken().value)
    }

    // MARK: Steps

    /// Gets the tokens of session `id` with `get`. If the issuer refused and `whenRefused` allows it, starts a new
    /// visitor.
    private func usableTokens(
        of id: SessionID, whenRefused: WhenRefused,
        _ get: (SessionManager, SessionID) async throws(SessionError) -> Tokens
    ) async throws(SessionError) -> (id: SessionID, tokens: Tokens) {
        do throws(SessionError) {
            return (id, try await get(manager, id))
        } catch {
            guard error.kind == .refused, whenRefused == .startNewVisitor else { throw error }
            // The first caller that learns of the refusal starts the new visitor.
            if let current = sessionID, current != id { return (current, try await manager.tokens(of: current)) }
            let other = try await begin { manager, clientID throws(SessionError) in
                try await manager.newVisitor(clientID: clientID, inPlaceOf: id)
            }
            return (other, try await manager.store.open(other).tokens)
        }
    }

    /// This client's session, found or created on first use.
    private func session() async throws(SessionError) -> SessionID {
        switch identity {
        case .session(let id): id
        case .tokens(let tokens): try await find(tokens)
        case .none:
            try await begin { manager, clientID throws(SessionError) in
                try await manager.newVisitor(clientID: clientID, inPlaceOf: nil)
            }
        }
    }

    private func adopt(_ tokens: Tokens) async throws(SessionError) -> SessionID {
        let session = try await manager.resume(tokens, clientID: clientID)
        become(.session(session.id))
        return session.id
    }

    /// Finds the session of the initial tokens, unless other tokens were set in the meantime.
    private func find(_ tokens: Tokens) async throws(SessionError) -> SessionID {
        let session = try await manager.resume(tokens, clientID: clientID)
        if identity == .tokens(tokens) { identity = .session(session.id) }
        return session.id
    }

    private func become(_ other: Identity) {
        identity = other
        generationInFlight = nil
    }

    /// Creates a session, or joins the creation in flight.
    private func begin(
        _ start: @escaping @Sendable (SessionManager, String) async throws(SessionError) -> SessionID
    ) async throws(SessionError) -> SessionID {
        if let generationInFlight { return try await generationInFlight.result() }
        let flight = Flight<SessionID>(continuation: Generation.continuation)
        generationInFlight = flight
        Task { [manager, clientID] in
            let result: Result<SessionID, SessionError>
            do throws(SessionError) {
                result = .success(try await start(manager, clientID))
            } catch {
                result = .failure(error)
            }
            self.finishGeneration(flight, result)
            flight.complete(with: result)
        }
        return try await flight.result()
    }

    private func finishGeneration(_ flight: Flight<SessionID>, _ result: Result<SessionID, SessionError>) {
        guard generationInFlight === flight else { return }
        generationInFlight = nil
        if case .success(let id) = result { identity = .session(id) }
    }
}

extension Tokens {
    func requireAccessToken() throws(SessionError) -> AccessToken {
        guard let accessToken else { throw SessionError(.unsuitable, "The session has no access token.") }
        return accessToken
    }
}

extension SessionManager {
    /// Creates a new visitor. If `old` is given, its journal names the new session.
    func newVisitor(clientID: String, inPlaceOf old: SessionID?) async throws(SessionError) -> SessionID {
        var label = ""
        if let old {
            do throws(StoreError) {
                label = VisitorSession.label(try await store.opened(old)?.session.label ?? "")
            } catch {
                // A damaged session has no readable label to copy.
                guard error.kind == .damaged else { throw SessionError(error) }
            }
        }
        let session = try await generate(label: label, clientID: clientID)
        do throws(SessionError) {
            if let old { try await noteReplacement(of: old, by: session.id) }
        } catch {
            // Losing the journal entry is better than losing the new visitor.
            logger.warning("replace: \(error.message)", metadata: ["session": "\(session.id)"])
        }
        return session.id
    }
}
