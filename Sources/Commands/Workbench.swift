import Foundation
import VisitorSessions
import WixHeadless

/// What a command works with: the store, the issuer and the manager, put together from the configuration.
struct Workbench: Sendable {
    let configuration: Configuration
    let store: any SessionBrowser & StoreMaintenance
    let manager: SessionManager
    let issuer: WixTokenIssuer
    let transport: AnnouncingTransport

    /// Who the journal says it was.
    let name: String

    /// The issuer's clock, by which tokens expire.
    let now: @Sendable () -> Date

    /// - Parameters:
    ///   - makesStore: Whether a store that was named and is not there is made.
    ///   - isTrial: Whether nothing is to be made at all: a file that is not there is taken for a store without sessions.
    ///   - staysOpen: Whether the program goes on after its first work. One that ends at once begins nothing behind
    ///     itself, and does not end with a pair that is not stored while there is hope.
    init(
        _ options: GlobalOptions, as program: String, makesStore: Bool = false, isTrial: Bool = false,
        staysOpen: Bool = false
    ) async throws {
        let environment = ProcessInfo.processInfo.environment
        configuration = try Configuration.current(options, environment: environment)
        let paths = Paths(environment: environment)
        let location = try configuration.store.map(StoreLocation.init) ?? .sqlite(paths.store)
        let key = try Self.key(environment, paths)
        if isTrial, location.isMissing {
            store = InMemorySessionStore()
        } else {
            store = try location.open(
                key: key, readOnly: configuration.isReadOnly, makes: makesStore || configuration.store == nil)
        }
        transport = AnnouncingTransport(isSilent: staysOpen)
        issuer = try Self.issuer(configuration, transport)
        name = "\(program) \(ProcessInfo.processInfo.processIdentifier)"
        var policy = configuration.policy
        if !staysOpen {
            policy.renewAhead = .zero
            policy.storePatience = policy.flightDeadline
        }
        manager = SessionManager(store: store, issuer: issuer, policy: policy, name: name)
        await manager.recallClock()
        now = { [clock = manager.clock] in clock.now }
    }

    /// The issuer that the configuration names.
    private static func issuer(
        _ configuration: Configuration, _ transport: AnnouncingTransport
    ) throws -> WixTokenIssuer {
        do {
            let url = try configuration.issuer.map { text throws(IssuerURLError) in try IssuerURL(text) } ?? .wix
            return WixTokenIssuer(url: url, transport: transport)
        } catch {
            throw Failure(.configuration, error.description)
        }
    }

    /// The client ID for a new session, or a sentence on how to give one.
    func clientID() throws -> String {
        guard let clientID = configuration.clientID else {
            throw Failure(
                .configuration,
                "No client ID is known. Give --client-id ID, set WIX_CLIENT_ID, or write client-id into a profile.")
        }
        return clientID
    }

    func requireWritable() throws {
        guard !configuration.isReadOnly else {
            throw Failure(.permission, "This is read-only (--read-only, or the profile): nothing was changed.")
        }
    }

    func document(_ session: VisitorSession, tokens: Tokens? = nil) -> SessionDocument {
        SessionDocument(session: session, state: session.state(at: now(), policy: manager.policy), tokens: tokens)
    }

    /// One line on what was done, or the session as JSON.
    func report(_ verb: String, _ session: VisitorSession, asJSON: Bool) throws {
        guard asJSON else {
            let state = session.state(at: now(), policy: manager.policy)
            return try StandardOutput.say("\(verb) \(session.id) \(state.rawValue)")
        }
        try StandardOutput.say(document(session).json())
    }

    private static func key(_ environment: [String: String], _ paths: Paths) throws -> SealingKeySource {
        guard let text = environment["SESSION_INSPECTOR_KEY"]?.nonEmpty else {
            return .file(SealingKeyFile(paths.keyFile))
        }
        guard let keys = SealingKeyRing(text) else {
            throw Failure(
                .configuration,
                "SESSION_INSPECTOR_KEY is no key: it must be 32 bytes in base64, or several such keys with commas between."
            )
        }
        return .keys(keys)
    }
}
