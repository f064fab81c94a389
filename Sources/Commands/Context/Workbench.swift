import Foundation
import PostgresSessions
import SQLiteSessions
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
                key: key, readOnly: configuration.isReadOnly, makes: makesStore || configuration.store == nil,
                concurrentReads: staysOpen ? 3 : 1)
        }
        transport = AnnouncingTransport(isSilent: staysOpen)
        issuer = try Self.issuer(configuration, transport)
        name = "\(program) \(ProcessInfo.processInfo.processIdentifier)"
        var policy = configuration.policy
        if !staysOpen {
            policy.renewAhead = .zero
            policy.storeTimeout = policy.flightDeadline
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
                "No client ID is set. Use --client-id, WIX_CLIENT_ID or client-id in a profile.")
        }
        return clientID
    }

    func requireWritable() throws {
        guard !configuration.isReadOnly else {
            throw Failure(.permission, "Read-only mode (--read-only or the profile). Nothing was changed.")
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
                "SESSION_INSPECTOR_KEY must be 32 bytes in base64, or several such keys separated by commas."
            )
        }
        return .keys(keys)
    }
}

/// Where a store is, as people name it: a path, or a URL that says what kind it is.
enum StoreLocation {
    case sqlite(URL)
    case postgres(PostgresAddress)

    init(_ text: String) throws {
        guard !text.isEmpty else { throw Failure(.usage, "--store needs a path or postgresql://HOST/DATABASE.") }
        if PostgresAddress.isMeant(by: text) {
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

    /// What may be shown of a store that was named: all but a password.
    static func shown(_ text: String) -> String {
        guard PostgresAddress.isMeant(by: text) else {
            return text.replacing(/(?i)(password\s*=\s*)\S+/) { "\($0.output.1)…" }
        }
        // Whatever stands between the first colon of the user and the last @ is hidden, even where it is badly written.
        return text.replacing(/:\/\/([^:@]*):.*@/) { "://\($0.output.1):…@" }
            .replacing(/(?i)([?&](?:ssl)?password=)[^&#]*/) { "\($0.output.1)…" }
    }

    /// Whether it is a file that is not there.
    var isMissing: Bool {
        guard case .sqlite(let url) = self else { return false }
        return !FileManager.default.fileExists(atPath: url.path)
    }

    /// - Parameter makes: Whether a store that is not there is made.
    func open(
        key: SealingKeySource, readOnly: Bool, makes: Bool, concurrentReads: Int = 1
    ) throws -> any SessionBrowser & StoreMaintenance {
        switch self {
        case .sqlite(let url):
            guard makes || FileManager.default.fileExists(atPath: url.path) else {
                throw Failure(.store, "No store at \(url.path). Generate or set a session to create it.")
            }
            return try SQLiteSessionStore.open(
                at: url, key: key, readOnly: readOnly, concurrentReads: concurrentReads)
        case .postgres(let address):
            return try PostgresSessionStore.open(at: address, key: key, readOnly: readOnly, makes: makes)
        }
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
