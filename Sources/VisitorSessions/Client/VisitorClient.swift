import Logging

/// Holds one visitor's tokens, and sends requests with them: the client of the Wix JavaScript SDK, in Swift.
///
/// Its tokens are a stored session of its manager: of any number of clients, processes and hosts that come for one visitor,
/// one renews, and none overwrites what another has got. It generates a visitor at first use where it has none.
///
/// | JavaScript | here | what is different on purpose |
/// |---|---|---|
/// | `createClient({auth: OAuthStrategy({clientId, tokens})})` | ``init(manager:clientID:tokens:whenRefused:)``, ``init(manager:session:whenRefused:)`` | the tokens are stored, and resumed by whoever comes with them |
/// | `auth.generateVisitorTokens(tokens?)` | ``generateVisitorTokens(_:whenRefused:)`` | they become this client's tokens, and are stored before they are returned; concurrent first calls make one visitor; only a definite refusal makes a new one |
/// | `auth.renewToken(refreshToken)` | ``renewToken(_:)`` | a rotated refresh token is kept; one flight for all callers |
/// | `auth.setTokens(tokens)` | ``setTokens(_:)`` | stored, with the ones before in the session's place |
/// | `auth.getTokens()` | ``tokens()`` | |
/// | `auth.getAuthHeaders()` | ``accessToken(minimumLifetime:)`` | renewed before its end, by the issuer's clock; not generated anew after a failure that may pass |
/// | `auth.loggedIn()` | ``tokens()`` and its ``Tokens/role`` | |
/// | `client.fetch(…)`, API calls | `send(_:over:)` of `WixHeadless`, ``authorized(_:isExpired:)`` | renewed and tried once more where the server calls the token expired |
///
/// Logging members in (`login`, `getMemberTokens…`, `logout`) is not a client's work here: set the tokens that a login gave.
public actor VisitorClient {
    /// What to do where the issuer has refused the refresh token for good.
    public enum WhenRefused: Sendable {
        /// Start a new visitor in a session of its own. The journal of the old one names it.
        case startNewVisitor
        /// Throw, and keep the session: a visitor's cart is not given up unasked.
        case fail
    }

    private enum Identity: Equatable {
        case none
        /// Tokens that no session has been found for yet.
        case tokens(Tokens)
        case session(SessionID)
    }

    private let manager: SessionManager
    private let clientID: String
    private let whenRefused: WhenRefused
    private var identity: Identity

    /// A new visitor under way: one at a time, for all callers. Who sets tokens meanwhile takes it out: what they
    /// have set stays.
    private var beginning: Flight<SessionID>?

    /// - Parameters:
    ///   - tokens: What the visitor has, most often from a cookie. Nothing is asked of the issuer before it is needed.
    ///   - whenRefused: What requests do (``accessToken(minimumLifetime:)``, ``authorized(_:isExpired:)``).
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

    /// A visitor's tokens that work, which become this client's: of `tokens`
    ///
    /// | given | returned |
    /// |---|---|
    /// | nothing | a new visitor's access and refresh token |
    /// | a valid access token and its refresh token | both, unchanged, without a request |
    /// | an expired access token and a refresh token that still works | the same refresh token and a new access token |
    /// | neither works any more | a new visitor's, where `whenRefused` says so |
    ///
    /// The last only after the issuer has refused for good; after any other failure it throws, and nothing is lost.
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
        return try await working(id, whenRefused) { manager, id throws(SessionError) in
            try await manager.tokens(of: id)
        }
        .tokens
    }

    /// Redeems the refresh token, this client's or the one given, for a new access token, without a look at the old
    /// one, and makes the result this client's tokens.
    public func renewToken(_ refreshToken: RefreshToken? = nil) async throws(SessionError) -> Tokens {
        let id: SessionID
        if let refreshToken {
            id = try await adopt(Tokens(refreshToken: refreshToken))
        } else {
            id = try await session()
        }
        return try await manager.renew(id, .demanded, observed: nil).tokens
    }

    /// Makes `tokens` this client's. The session that it had before keeps its own.
    public func setTokens(_ tokens: Tokens) async throws(SessionError) {
        if tokens.isEmpty {
            become(.none)
        } else {
            _ = try await adopt(tokens)
        }
    }

    /// This client's tokens as they are, whether or not they still work. Empty where it has none yet.
    public func tokens() async throws(SessionError) -> Tokens {
        switch identity {
        case .none: Tokens()
        case .tokens(let tokens): tokens
        case .session(let id): try await manager.store.open(id).tokens
        }
    }

    /// The stored session of this client. `nil` where it has none yet.
    public var sessionID: SessionID? {
        guard case .session(let id) = identity else { return nil }
        return id
    }

    // MARK: Requests

    /// An access token that works, for `minimumLifetime` at least: generated or renewed where it has to be.
    public func accessToken(minimumLifetime: Duration = .zero) async throws(SessionError) -> AccessToken {
        let tokens = try await working(try await session(), whenRefused) { manager, id throws(SessionError) in
            try await manager.tokens(of: id, minimumLifetime: minimumLifetime)
        }
        .tokens
        return try tokens.requireAccessToken()
    }

    /// Sends a request with an access token that works. Where the answer says that it is expired all the same, the token
    /// is renewed, once, and the request sent again, once.
    ///
    /// - Parameters:
    ///   - send: Sends the request. Wix takes the raw token in `Authorization`, without `Bearer`.
    ///   - isExpired: Whether an answer means that the token is expired.
    public func authorized<Answer: Sendable>(
        _ send: @Sendable (Secret) async throws -> Answer, isExpired: @Sendable (Answer) -> Bool
    ) async throws -> Answer {
        // Whoever sets other tokens meanwhile does not make this the request of another visitor.
        let (id, tokens) = try await working(try await session(), whenRefused) { manager, id throws(SessionError) in
            try await manager.tokens(of: id)
        }
        let token = try tokens.requireAccessToken().value
        let answer = try await send(token)
        guard isExpired(answer) else { return answer }
        let renewed: Tokens
        do throws(SessionError) {
            renewed = try await working(id, whenRefused) { manager, id throws(SessionError) in
                try await manager.tokens(of: id, refused: token)
            }
            .tokens
        } catch {
            // There is nothing to renew with: the server's own word says the most.
            guard error.kind == .unsuitable else { throw error }
            return answer
        }
        return try await send(try renewed.requireAccessToken().value)
    }

    // MARK: Steps

    /// The tokens of session `id` by `get`, or a new visitor's session and tokens, where the issuer has refused and `whenRefused` says so.
    private func working(
        _ id: SessionID, _ whenRefused: WhenRefused,
        _ get: (SessionManager, SessionID) async throws(SessionError) -> Tokens
    ) async throws(SessionError) -> (id: SessionID, tokens: Tokens) {
        do throws(SessionError) {
            return (id, try await get(manager, id))
        } catch {
            guard error.kind == .refused, whenRefused == .startNewVisitor else { throw error }
            // Of several callers who hear of it, the first one starts the new visitor.
            if let current = sessionID, current != id { return (current, try await manager.tokens(of: current)) }
            let other = try await begin { manager, clientID throws(SessionError) in
                try await manager.newVisitor(clientID: clientID, inPlaceOf: id)
            }
            return (other, try await manager.store.open(other).tokens)
        }
    }

    /// The session of this client, which is found or made first where there is none.
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

    /// Finds the session of the tokens that this client was made with. It stays that of others that were set meanwhile.
    private func find(_ tokens: Tokens) async throws(SessionError) -> SessionID {
        let session = try await manager.resume(tokens, clientID: clientID)
        if identity == .tokens(tokens) { identity = .session(session.id) }
        return session.id
    }

    private func become(_ other: Identity) {
        identity = other
        beginning = nil
    }

    /// Begins a session, or joins those who wait for one that is being begun.
    private func begin(
        _ start: @escaping @Sendable (SessionManager, String) async throws(SessionError) -> SessionID
    ) async throws(SessionError) -> SessionID {
        if let beginning { return try await beginning.result() }
        let flight = Flight<SessionID>()
        beginning = flight
        Task { [manager, clientID] in
            let result: Result<SessionID, SessionError>
            do throws(SessionError) {
                result = .success(try await start(manager, clientID))
            } catch {
                result = .failure(error)
            }
            self.begun(flight, result)
            flight.complete(with: result)
        }
        return try await flight.result()
    }

    private func begun(_ flight: Flight<SessionID>, _ result: Result<SessionID, SessionError>) {
        guard beginning === flight else { return }
        beginning = nil
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
    /// A new visitor, and where `old` is given a note in its journal of who goes on in its place.
    func newVisitor(clientID: String, inPlaceOf old: SessionID?) async throws(SessionError) -> SessionID {
        var label = ""
        if let old {
            do throws(StoreError) {
                label = VisitorSession.label(try await store.opened(old)?.session.label ?? "")
            } catch {
                // A damaged session has no label to pass on.
                guard error.kind == .damaged else { throw SessionError(error) }
            }
        }
        let session = try await generate(label: label, clientID: clientID)
        do throws(SessionError) {
            if let old { try await noteReplacement(of: old, by: session.id) }
        } catch {
            // The new visitor is there, and must not be lost for want of a note.
            logger.warning("replace: \(error.message)", metadata: ["session": "\(session.id)"])
        }
        return session.id
    }
}
