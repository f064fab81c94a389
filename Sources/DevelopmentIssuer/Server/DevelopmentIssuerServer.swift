import Crypto
public import Foundation
import Synchronization

/// A local token server that speaks the protocol of Wix Headless, for trying and testing sessions without an account.
/// It only listens on 127.0.0.1, and its tokens are worthless elsewhere.
public actor DevelopmentIssuerServer {
    public struct Options: Sendable {
        /// 0: any free port.
        public var port: UInt16 = 0

        /// In whole seconds, at least one.
        public var accessLifetime: Duration = .seconds(4 * 3600)

        /// In whole seconds, at least one.
        public var refreshLifetime: Duration = .seconds(365 * 86_400)

        /// Whether a refresh token can be used once and is then replaced.
        public var rotate = false

        /// Where the signing key and the revocations are kept, so that tokens survive a restart. `nil`: the key is
        /// random, and nothing is kept.
        public var stateFolder: URL?

        public var faults: [Fault] = []

        /// A host that the issuer stands in for: requests may name it besides loopback.
        public var host: String?

        /// Called on any thread with a line about each request: its method and path, and the response's status.
        public var report: (@Sendable (String) -> Void)?

        public init() {}
    }

    private let options: Options
    private let now: @Sendable () -> Date
    private let state: SharedState
    private var running: (server: LoopbackServer, mint: TokenMint)?

    /// - Parameters:
    ///   - now: The issuer's clock, used to issue and expire tokens.
    ///   - random: Decides which requests a fault with a percentage applies to.
    public init(
        _ options: Options = Options(), now: @escaping @Sendable () -> Date = { Date() },
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.options = options
        self.now = now
        state = SharedState(IssuerState(faults: options.faults, random: random))
    }

    deinit {
        running?.server.close()
    }

    /// The current faults, without those whose count is used up.
    public nonisolated var faults: [Fault] {
        get { state.value.withLock(\.faults) }
        set { state.value.withLock { $0.faults = newValue } }
    }

    public nonisolated var counts: IssuerCounts {
        state.value.withLock(\.counts)
    }

    /// Starts listening and returns the port. The server can be started again after ``stop()``.
    public func start() throws(DevelopmentIssuerError) -> UInt16 {
        guard running == nil else { throw DevelopmentIssuerError("The development issuer is already running.") }
        let key = try options.stateFolder.map { folder throws(DevelopmentIssuerError) in
            try SigningKeyFile(folder: folder).readOrCreate()
        }
        let mint = TokenMint(
            key: key ?? SymmetricKey(size: .bits256), accessLifetime: options.accessLifetime,
            refreshLifetime: options.refreshLifetime)
        let rules = IssuerRules(mint: mint, rotate: options.rotate)
        let log = options.stateFolder.map(RevocationLog.init)
        if let entries = try log?.read() {
            state.value.withLock { state in for entry in entries { state.apply(entry) } }
        }
        do throws(POSIXError) {
            let report = options.report
            let server = try LoopbackServer(port: options.port, host: options.host) { [now, state] request in
                let plan = Self.plan(for: request, by: rules, at: now(), state, log)
                report?("\(request.method) \(request.path) \(plan.summary)")
                return plan
            }
            running = (server, mint)
            return server.port
        } catch {
            throw Self.failure(error, port: options.port)
        }
    }

    /// Stops listening, and waits two seconds at most for requests in flight.
    public func stop() async {
        guard let running else { return }
        self.running = nil
        await running.server.stop()
    }

    /// Issues tokens to a new visitor as if at `instant`, so that demos can show sessions of any age. `nil`: the server
    /// isn't running.
    public func issue(to clientID: UUID, at instant: Date) -> (accessToken: String, refreshToken: String)? {
        guard let mint = running?.mint else { return nil }
        let visitor = Visitor(id: UUID(), clientID: clientID)
        return (mint.accessToken(for: visitor, at: instant), mint.refreshToken(for: visitor, at: instant))
    }

    /// Revokes a refresh token. Tokens that this issuer didn't issue are ignored.
    public func revoke(_ refreshToken: String) {
        guard let token = running?.mint.openRefreshToken(refreshToken) else { return }
        state.value.withLock { $0.record(.revokedToken(token.id)) }
    }

    /// Saves the revocations that a response reports before it's sent.
    private static func plan(
        for request: IssuerRequest, by rules: IssuerRules, at instant: Date, _ state: SharedState,
        _ log: RevocationLog?
    ) -> ResponsePlan {
        state.value.withLock { state in
            var plan = rules.plan(for: request, at: instant, &state)
            let entries = state.takeUnsavedEntries()
            guard let log, !entries.isEmpty else { return plan }
            do {
                try log.append(entries)
            } catch {
                plan.response = .failure(500, "Can't write to the state folder.")
            }
            return plan
        }
    }

    private static func failure(_ error: POSIXError, port: UInt16) -> DevelopmentIssuerError {
        switch error.code {
        case .EADDRINUSE:
            DevelopmentIssuerError("Port \(port) is already in use. Choose another one, or 0 for any free port.")
        case .EACCES:
            DevelopmentIssuerError("You don't have permission to use port \(port). Choose one above 1023.")
        default:
            DevelopmentIssuerError("Can't listen on port \(port).")
        }
    }
}

/// Shares the state among the connection threads.
private final class SharedState: Sendable {
    let value: Mutex<IssuerState>

    init(_ state: consuming IssuerState) {
        value = Mutex(state)
    }
}
