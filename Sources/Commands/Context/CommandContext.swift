import Foundation
import InspectorCore
import PostgresSessions
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// The store, issuer and manager of a command, created from the configuration.
struct CommandContext: Sendable {
    let configuration: Configuration
    let store: any SessionBrowser & StoreMaintenance
    let manager: SessionManager
    let issuer: WixTokenIssuer
    let transport: AnnouncingTransport

    /// The path of the missing store, if it is treated as empty.
    let missingStore: String?

    /// The name of this process in the journal.
    let name: String

    /// The issuer's clock, by which tokens expire.
    let now: @Sendable () -> Date

    /// - Parameters:
    ///   - makesStore: Whether to create a missing store that was named explicitly.
    ///   - isTrial: Whether to create nothing and treat a missing store as empty.
    ///   - staysOpen: Whether the program keeps running. A short-lived one renews nothing in the background, and waits
    ///     for pending writes before it exits.
    init(
        _ options: GlobalOptions, as program: String, makesStore: Bool = false, isTrial: Bool = false,
        staysOpen: Bool = false
    ) async throws {
        let environment = ProcessInfo.processInfo.environment
        configuration = try Configuration.current(options, environment: environment)
        let paths = Paths(environment: environment)
        let location = try configuration.store.map(StoreLocation.init) ?? .sqlite(paths.store)
        let key = try Self.key(environment, paths)
        missingStore = isTrial ? location.missingFile : nil
        if missingStore != nil {
            store = InMemorySessionStore()
        } else {
            store = try location.open(
                key: key, readOnly: configuration.isReadOnly, makes: makesStore || configuration.store == nil,
                concurrentReads: staysOpen ? 3 : 1)
        }
        transport = AnnouncingTransport(isSilent: staysOpen)
        issuer = WixTokenIssuer(url: try Self.issuerURL(configuration.issuer), transport: transport)
        name = "\(program) \(ProcessInfo.processInfo.processIdentifier)"
        var policy = configuration.policy
        if !staysOpen {
            policy.renewAhead = .zero
            policy.storeTimeout = policy.flightDeadline
        }
        let hasIssuerOption = configuration.isIssuerOption
        manager = SessionManager(
            store: store, issuer: issuer, policy: policy, name: name,
            managerForIssuer: { [store, transport, policy, name] issuer in
                // Only Wix and this machine, the only host allowed without TLS. Other hosts get refresh tokens only if
                // a person names them.
                guard !hasIssuerOption, let url = try? IssuerURL(issuer), url == .wix || issuer.hasPrefix("http://")
                else { return nil }
                return SessionManager(
                    store: store, issuer: WixTokenIssuer(url: url, transport: transport), policy: policy, name: name)
            })
        await manager.loadClock()
        now = { [clock = manager.clock] in clock.now }
    }

    private static func issuerURL(_ text: String?) throws(Failure) -> IssuerURL {
        guard let text else { return .wix }
        do throws(IssuerURLError) {
            return try IssuerURL(text)
        } catch {
            throw Failure(.configuration, error.description)
        }
    }

    /// The client ID for a new session. Throws if none is set.
    func clientID() throws -> String {
        guard let clientID = configuration.clientID else {
            throw Failure(
                .configuration,
                "No client ID is set. Use --client-id, WIX_CLIENT_ID or client-id in a profile.")
        }
        // Other issuers may use client IDs of another kind.
        guard issuer.url != .wix || UUID(uuidString: clientID) != nil else {
            throw Failure(
                .configuration,
                "\(InputRedactor.quoted(clientID)) isn't a Wix client ID. Client IDs look like \(DevelopmentClient.id)."
            )
        }
        return clientID
    }

    /// The issuer that was named by an option, the environment or a profile.
    var namedIssuer: NamedIssuer? {
        configuration.issuer.map { _ in NamedIssuer(issuer.name, isOption: configuration.isIssuerOption) }
    }

    /// The issuer on this machine that an option names. It responds to an application's calls in place of Wix.
    ///
    /// Throws if nothing responds there: none of the application's calls would succeed.
    func localIssuer() async throws -> IssuerURL? {
        guard configuration.isIssuerOption, issuer.url.localPort != nil else { return nil }
        do {
            _ = try await CurlTransport(timeout: .seconds(5)).send(HTTPRequest("GET", issuer.url.token))
        } catch {
            throw Failure(
                .issuer,
                "Nothing responds at \(issuer.name). Start a development issuer there with `session-inspector serve`, or use --issuer local."
            )
        }
        return issuer.url
    }

    func requireWritable() throws {
        guard !configuration.isReadOnly else {
            throw Failure(
                .permission, "The store is opened read-only (--read-only or the profile). Nothing was changed.")
        }
    }

    /// Passes the pages of `query` to `body` in order, until it returns `false`.
    func pages(_ query: SessionQuery, _ body: ([VisitorSession]) async throws -> Bool) async throws {
        var query = query
        while true {
            let page = try await store.page(query)
            guard try await body(page), page.count == query.limit, let last = page.last else { return }
            query.start = .after(last.position(by: query.sort.key))
        }
    }

    /// Runs work that may renew the session.
    ///
    /// If an issuer other than the named one granted its tokens, a person at a terminal is asked whether to send them.
    /// If the issuer refuses tokens that were just set, the failure says how to restore the previous ones.
    func renewing<Value>(_ id: SessionID, _ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as SessionError where error.otherIssuer != nil {
            guard let own = error.otherIssuer, let namedIssuer else { throw error }
            let question = "The tokens are from \(own). Send them to \(namedIssuer.name) anyway?"
            guard try Question.isConfirmed(question, otherwise: Failure(error)) else { throw error }
            await manager.sendTokensToThisIssuer(of: id)
            return try await work()
        } catch let error as SessionError where error.kind == .refused {
            var failure = Failure(error)
            // This only adds a hint, so a store failure here must not hide the refusal.
            if let set = try? await store.undoableSet(of: id) {
                failure.message += " \(InspectorTexts.undoCommand(set.session))"
            }
            throw failure
        }
    }

    /// The session's access token, renewed first if it would expire within `minimumLifetime`.
    func accessToken(of session: SessionID, minimumLifetime: Duration) async throws -> AccessToken {
        let tokens = try await renewing(session) {
            try await interruptible {
                try await manager.tokens(of: session, minimumLifetime: minimumLifetime)
            }
        }
        guard let token = tokens.accessToken else {
            throw Failure(.unreadableInput, "Session \(session) has no access token.")
        }
        return token
    }

    func document(
        _ session: VisitorSession, tokens: Tokens? = nil, live: LiveSession? = nil, requests: [LiveRequest]? = nil,
        claimsOf opened: Tokens? = nil, history: [JournalEntry]? = nil
    ) -> SessionDocument {
        SessionDocument(
            session: session, state: session.state(at: now(), policy: manager.policy), tokens: tokens, live: live,
            requests: requests, claims: opened.map { ClaimsDocument(tokens: $0) },
            history: history.map { $0.map { EventDocument(entry: $0) } })
    }

    /// Prints one line about what was done, or the session as JSON: on one line, or over several.
    func report(_ verb: String, _ session: VisitorSession, asJSON: Bool, pretty: Bool = false) throws {
        let document = document(session)
        let state = document.state.rawValue
        let line = state == verb ? "\(verb) \(session.id)" : "\(verb) \(session.id) \(state)"
        try StandardOutput.say(asJSON ? document.json(pretty: pretty) : line)
    }

    private static func key(_ environment: [String: String], _ paths: Paths) throws -> SealingKeySource {
        guard let text = environment["SESSION_INSPECTOR_KEY"]?.nonEmpty else {
            return .file(SealingKeyFile(paths.keyFile))
        }
        guard let keys = SealingKeyRing(text) else {
            throw Failure(
                .configuration,
                "SESSION_INSPECTOR_KEY must be 32 bytes in base64, or several such keys separated by commas."
            )
        }
        return .keys(keys)
    }
}

/// A store's location: a path, or a URL whose scheme is the kind of store.
enum StoreLocation {
    case sqlite(URL)
    case postgres(PostgresAddress)

    init(_ text: String) throws {
        guard !text.isEmpty else { throw Failure(.usage, "--store needs a path or postgresql://HOST/DATABASE.") }
        if PostgresAddress.isPostgresURI(text) {
            self = .postgres(try PostgresAddress(text))
        } else if let file = text.dropping("sqlite://") ?? text.dropping("sqlite:") ?? text.dropping("file://") {
            self = .sqlite(try Self.url(file))
        } else if text.contains("://") {
            throw Failure(
                .configuration,
                "Unknown kind of store. Use a path, sqlite:PATH or postgresql://HOST/DATABASE."
            )
        } else {
            self = .sqlite(try Self.url(text))
        }
    }

    private static func url(_ path: String) throws -> URL {
        if !path.hasPrefix("/") { try ReadableText.requireCurrentFolder() }
        return URL(filePath: path)
    }

    /// The location without its password, for display.
    static func shown(_ text: String) -> String {
        guard PostgresAddress.isPostgresURI(text) else {
            return text.replacing(/(?i)(password\s*=\s*)\S+/) { "\($0.output.1)…" }
        }
        // Hides everything between the user's colon and the last @, even in a malformed address.
        return text.replacing(/:\/\/([^:@]*):.*@/) { "://\($0.output.1):…@" }
            .replacing(/(?i)([?&](?:ssl)?password=)[^&#]*/) { "\($0.output.1)…" }
    }

    /// The store's path if it is a file that doesn't exist.
    var missingFile: String? {
        guard case .sqlite(let url) = self, !FileManager.default.fileExists(atPath: url.path) else { return nil }
        return url.path
    }

    /// - Parameter makes: Whether to create a missing store.
    func open(
        key: SealingKeySource, readOnly: Bool, makes: Bool, concurrentReads: Int = 1
    ) throws -> any SessionBrowser & StoreMaintenance {
        switch self {
        case .sqlite(let url):
            if !makes, let missingFile {
                throw Failure(.store, "No store at \(missingFile). Generate a session or set tokens to create it.")
            }
            return try SQLiteSessionStore.open(
                at: url, key: key, readOnly: readOnly, concurrentReads: concurrentReads)
        case .postgres(let address):
            return try PostgresSessionStore.open(at: address, key: key, readOnly: readOnly, createsStore: makes)
        }
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
