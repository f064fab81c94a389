import Foundation
import VisitorSessions
import WixHeadless

/// Follows the exchanges of a running application: creates and updates its sessions, records their requests, and
/// reports lost visitors.
package actor LiveRun {
    /// The number of sessions for which the application's tokens are remembered.
    private static let rememberedSessions = 2000

    /// How many token responses, and how many found tokens, may wait while the store is unavailable.
    private static let waitingResponses = 100

    private let manager: SessionManager
    private let requests: RequestWriter
    private let label: String?
    private let clientID: String?
    private let injectsFaults: Bool
    private let say: @Sendable (String) -> Void
    private var failed = FailedRenewals()
    private var sessions: RecentValues<Secret, SessionID>

    /// The tokens that the application itself holds, by session, and since when.
    private var own = RecentValues<SessionID, (tokens: Tokens, since: Date)>(limit: rememberedSessions)

    /// The tokens that the application got in renewals with a substituted refresh token, and the session that it uses
    /// them for.
    private var foreign = RecentValues<Secret, SessionID>(limit: rememberedSessions)

    /// The application's sessions to which another process gave other tokens, while these are substituted.
    private var setElsewhere: Set<SessionID> = []
    private var visitors: Set<SessionID> = []

    /// The sessions whose tokens were seen.
    private var used: Set<SessionID> = []

    /// Tokens that were found where an application keeps them. Each is looked up once.
    private var known: Set<Tokens> = []

    /// Token responses that couldn't be stored yet, oldest first.
    private var unstored: [(request: ObservedTokenRequest, exchange: Exchange)] = []

    /// Found tokens that couldn't be stored yet, with the label of their source.
    private var unstoredFinds: [(read: ReadTokens, label: String)] = []
    package private(set) var summary = Summary()

    /// - Parameters:
    ///   - label: The label of new sessions. `nil`: the one of their source.
    ///   - clientID: The client of requests that don't name one.
    ///   - injectsFaults: Whether responses are missing because the development issuer drops them.
    ///   - rememberedTokens: How many tokens' sessions are remembered, so that calls don't have to look them up.
    ///   - say: Called with sentences for the person at the terminal.
    init(
        manager: SessionManager, requests: RequestWriter, label: String?, clientID: String?,
        injectsFaults: Bool = false, rememberedTokens: Int = 1000, say: @escaping @Sendable (String) -> Void
    ) {
        sessions = RecentValues(limit: rememberedTokens)
        self.manager = manager
        self.requests = requests
        self.label = label
        self.clientID = clientID
        self.injectsFaults = injectsFaults
        self.say = say
    }

    func take(_ event: RecorderEvent) async {
        switch event {
        case .sent(let exchange): await begin(exchange)
        case .ended(let exchange): await record(exchange)
        }
    }

    /// Retries once what couldn't be stored. Call it after the last event.
    func finish() async {
        let waiting = unstored
        unstored = []
        for (request, exchange) in waiting {
            do throws(SessionError) {
                _ = try await session(of: request, exchange)
            } catch {
                guard case .success(let issued)? = result(request, exchange) else { continue }
                let refreshToken = issued.refreshToken ?? request.refreshToken
                summary.unstored.append(Tokens(accessToken: issued.accessToken, refreshToken: refreshToken))
            }
        }
        for find in unstoredFinds where !known.contains(find.read.tokens) {
            do throws(SessionError) {
                try await store(find.read, label: find.label)
            } catch  where !summary.unstored.contains(where: { $0.sharesToken(with: find.read.tokens) }) {
                summary.unstored.append(find.read.tokens)
            } catch {
                // The summary already contains them.
            }
        }
    }

    /// While an application renews a session, other renewals wait.
    private func begin(_ exchange: Exchange) async {
        guard exchange.intervention != .refused,
            let token = ObservedTokenRequest(body: exchange.requestBody)?.refreshToken?.value
        else { return }
        do throws(SessionError) {
            try await manager.beginObservedRenewal(of: token)
        } catch {
            // Storing the response will then fail too, and that is reported.
        }
    }

    private func record(_ exchange: Exchange) async {
        if summary.calls == 0 { say("Recording: the application made its first call to the API.") }
        summary.calls += 1
        let request = exchange.isTokenRequest ? ObservedTokenRequest(body: exchange.requestBody) : nil
        do throws(SessionError) {
            let id =
                if exchange.intervention == .refused {
                    try await refused(request, exchange)
                } else if let request {
                    try await session(of: request, exchange)
                } else if let token = exchange.accessToken {
                    try await session(with: token, exchange)
                } else {
                    nil as SessionID?
                }
            guard let id else { return }
            var draft = LiveRequest.Draft(exchange, of: id, request)
            if injectsFaults, exchange.status == nil { draft.flags.insert(.fault) }
            if let user = try await user(of: exchange, request), user != id { draft.flags.insert(.asSubstitute) }
            await requests.add(draft, from: exchange.source)
        } catch {
            drop(error.message)
            if let request, unstored.count < Self.waitingResponses { unstored.append((request, exchange)) }
        }
    }

    /// Records tokens that were found where an application keeps them.
    func take(_ found: ReadTokens, label source: String) async {
        // A session that has been discarded since must not come back.
        guard known.insert(found.tokens).inserted else { return }
        do throws(SessionError) {
            try await store(found, label: source)
        } catch {
            known.remove(found.tokens)
            drop(error.message)
            guard found.hasWixForm, unstoredFinds.count < Self.waitingResponses,
                !unstoredFinds.contains(where: { $0.read.tokens == found.tokens })
            else { return }
            unstoredFinds.append((found, source))
        }
    }

    private func store(_ found: ReadTokens, label source: String) async throws(SessionError) {
        let tokens = [found.tokens.refreshToken?.value, found.tokens.accessToken?.value].compactMap(\.self)
        var isHeld = false
        for token in tokens where !isHeld { isHeld = try await manager.holder(of: token) != nil }
        // Other services keep their tokens in a browser, too.
        guard found.hasWixForm || isHeld else { return }
        let session = try await manager.resume(
            found.tokens, label: label ?? source, clientID: found.clientID ?? clientID ?? "")
        if !isHeld { count(session) }
        remember(found.tokens.accessToken?.value, session.id)
    }

    /// The session in use that holds the tokens. `nil`: none does, or it can't be read now.
    func session(of tokens: Tokens) async -> SessionID? {
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else { return nil }
        return (try? await manager.holder(of: token))??.id
    }

    /// The session that the application uses a token for. `nil`: none is known.
    func owner(of token: Secret) async throws(SessionError) -> (session: SessionID, isForeign: Bool)? {
        if let session = foreign[token] { return (session, true) }
        if let session = rememberedSession(of: token) { return (session, false) }
        guard !token.isPlaceholder, let holder = try await manager.holder(of: token) else { return nil }
        return (holder.id, false)
    }

    /// The session for which the application made a request, if it may be another one than that of the tokens.
    private func user(of exchange: Exchange, _ request: ObservedTokenRequest?) async throws(SessionError) -> SessionID?
    {
        if case .substituted(let token) = exchange.intervention { return try await owner(of: token.value)?.session }
        return (request?.refreshToken?.value ?? exchange.accessToken).flatMap { foreign[$0] }
    }

    /// The tokens that the application itself holds for a session. `nil`: it isn't known to use the session.
    func applicationTokens(of session: SessionID) -> (tokens: Tokens, since: Date)? { own[session] }

    /// Call it when the substitution of tokens that another process set on an application's session begins or ends.
    func note(_ session: SessionID, isSetElsewhere: Bool) {
        if isSetElsewhere { setElsewhere.insert(session) } else { setElsewhere.remove(session) }
    }

    func hasUsed(_ session: SessionID) -> Bool { used.contains(session) }

    /// Adds tokens that couldn't be stored to the summary.
    func keep(_ tokens: Tokens) { summary.unstored.append(tokens) }

    private func count(_ session: VisitorSession) {
        if visitors.insert(session.id).inserted { summary.visitors += 1 }
    }

    private func drop(_ problem: String) {
        summary.dropped += 1
        guard summary.problem == nil else { return }
        summary.problem = problem
        say("Some calls can't be recorded: \(problem)")
    }

    /// The session that a token request creates or renews.
    private func session(
        of request: ObservedTokenRequest, _ exchange: Exchange
    ) async throws(SessionError) -> SessionID? {
        let clientID = request.clientID ?? clientID
        guard let token = request.refreshToken?.value else {
            guard case .success(let issued)? = result(request, exchange) else { return nil }
            let session = try await manager.recordVisitor(
                issued, label: label ?? exchange.label ?? "", clientID: clientID, after: exchange.duration)
            count(session)
            let tokens = Tokens(accessToken: issued.accessToken, refreshToken: issued.refreshToken)
            remember(tokens, session.id, since: exchange.date(of: exchange.end))
            try await noteLoss(to: session.id, exchange)
            return session.id
        }
        let result = result(request, exchange) ?? .failure(Self.noAnswer)
        var session = try await manager.recordRenewal(of: token, result, clientID: clientID, after: exchange.duration)
        if session == nil, case .success(var issued) = result {
            issued.refreshToken = issued.refreshToken ?? request.refreshToken
            session = try await manager.recordVisitor(
                issued, label: label ?? exchange.label ?? "", clientID: clientID, after: exchange.duration)
        }
        switch result {
        case .success(let issued):
            summary.renewals += 1
            if let owner = try await owner(ofForeign: token, exchange, renewed: session?.id) {
                remember(issued.accessToken.value, session?.id)
                foreign[issued.accessToken.value] = owner
                // The SDK keeps its refresh token; other clients may keep this one. If the application also uses the
                // other session, it can't be told which of the two it is for.
                let isForOwner = session.map { own[$0.id] == nil || $0.id == owner && setElsewhere.contains(owner) }
                if let refreshToken = issued.refreshToken?.value, isForOwner == true { foreign[refreshToken] = owner }
            } else {
                let refreshToken = issued.refreshToken ?? request.refreshToken
                let tokens = Tokens(accessToken: issued.accessToken, refreshToken: refreshToken)
                remember(tokens, session?.id, since: exchange.date(of: exchange.end))
            }
        case .failure(let error) where error.kind == .refused: summary.refusals += 1
        case .failure: summary.failures += 1
        }
        if case .failure = result, let session { try await noteFailure(of: session.id, exchange) }
        return session?.id
    }

    /// The session of a request that the recorder refused. The issuer didn't receive it, so no session changes.
    private func refused(
        _ request: ObservedTokenRequest?, _ exchange: Exchange
    ) async throws(SessionError) -> SessionID? {
        guard let token = request?.refreshToken?.value ?? exchange.accessToken else { return nil }
        let session = try await owner(of: token)?.session
        if request != nil {
            summary.refusals += 1
            if let session { try await noteFailure(of: session, exchange) }
        }
        return session
    }

    /// Remembers a failed renewal: if the process starts another visitor next, the session's visitor is lost.
    private func noteFailure(of id: SessionID, _ exchange: Exchange) async throws(SessionError) {
        // A discarded session isn't lost.
        guard try await manager.store.open(id).session.discardedAt == nil else { return }
        failed.add(id, of: exchange.process, at: exchange.end)
    }

    /// The session that the application uses the issued tokens for, if those are another session's. `nil`: they are its
    /// own.
    ///
    /// - Parameters:
    ///   - sent: The refresh token that was sent to the issuer.
    ///   - renewed: The session that holds it.
    private func owner(
        ofForeign sent: Secret, _ exchange: Exchange, renewed: SessionID?
    ) async throws(SessionError) -> SessionID? {
        guard case .substituted(let token) = exchange.intervention else { return foreign[sent] }
        let owner = try await owner(of: token.value)
        // After the substitution was withdrawn, the session's own refresh token is sent in place of the other one.
        return owner?.isForeign == true && owner?.session == renewed ? nil : owner?.session
    }

    /// The session of a call. Creates one for a visitor's token that no session holds, which was issued before the run.
    private func session(with token: Secret, _ exchange: Exchange) async throws(SessionError) -> SessionID? {
        if let known = rememberedSession(of: token) { return known }
        guard !token.isPlaceholder else { return nil }
        var session = try await manager.holder(of: token)
        if session == nil {
            // Wix accepts other keys too, so a visitor's token is recognized by its form.
            let isOfWix = manager.issuerName == IssuerURL.wix.description
            guard !isOfWix || DecodedToken(token).format == .wixAccess else { return nil }
            let issued = IssuedTokens(accessToken: .reading(token), refreshToken: nil, requestID: nil, serverDate: nil)
            let made = try await manager.recordVisitor(
                issued, label: label ?? exchange.label ?? "", clientID: clientID, after: nil)
            count(made)
            session = made
        }
        guard let session else { return nil }
        if exchange.intervention == nil {
            remember(try await manager.store.open(session.id).tokens, session.id, since: Date())
        }
        remember(token, session.id)
        return session.id
    }

    /// Remembers which session an access token belongs to, even after it is replaced: a call can end after a renewal.
    private func remember(_ token: Secret?, _ session: SessionID?) {
        if let session { used.insert(session) }
        if let token { sessions[token] = session }
    }

    /// Remembers the tokens that the application holds itself.
    private func remember(_ tokens: Tokens, _ session: SessionID?, since date: Date) {
        remember(tokens.accessToken?.value, session)
        remember(tokens.refreshToken?.value, session)
        if let session { own[session] = (tokens, date) }
    }

    private func rememberedSession(of token: Secret) -> SessionID? {
        guard let session = sessions[token] ?? own.firstKey(where: { $0.tokens.holds(token) }) else { return nil }
        // Marks it as recently used.
        _ = own[session]
        return session
    }

    /// If the same process has just failed to renew a session, the new visitor replaces that one.
    private func noteLoss(to replacement: SessionID, _ exchange: Exchange) async throws(SessionError) {
        guard let old = failed.removeLast(of: exchange.process, at: exchange.end, except: replacement) else { return }
        summary.lost.append(Loss(session: old, replacement: replacement))
        say(
            "Visitor lost: the renewal of session \(old.prefix(8)) failed, and the application replaced the session with \(replacement.prefix(8))."
        )
        try await manager.recordLoss(of: old, to: replacement)
    }

    /// `nil`: there was no complete response, or one that can't be read.
    private func result(_ request: ObservedTokenRequest, _ exchange: Exchange) -> Result<IssuedTokens, IssuerError>? {
        guard let status = exchange.status, !exchange.isCut, let body = exchange.decodedResponse else { return nil }
        let received = exchange.date(of: exchange.end)
        return request.result(
            status: status, requestID: exchange.requestID, body: body, sent: exchange.date(of: exchange.start),
            received: received)
    }

    private static let noAnswer = IssuerError(.transient, "The application got no response.", mayHaveTakenEffect: true)
}
