import Crypto
public import Foundation
import Synchronization

/// A token server on this machine that speaks as Wix Headless does, so that sessions can be tried and tested
/// without an account. It listens on 127.0.0.1 alone.
///
/// Nothing that it gives out is worth anything anywhere else.
public actor DevelopmentIssuerServer {
    public struct Options: Sendable {
        /// 0: any that is free.
        public var port: UInt16 = 0

        /// In whole seconds, at least one.
        public var accessLifetime: Duration = .seconds(4 * 3600)

        /// In whole seconds, at least one.
        public var refreshLifetime: Duration = .seconds(365 * 86_400)

        /// Whether a refresh token works once, and is replaced by a new one.
        public var rotate = false

        /// Where the signing key is kept, and which tokens are taken no more, so that a restart changes nothing. `nil`: a
        /// random key for this run.
        public var stateFolder: URL?

        /// What goes wrong on purpose, from the start on.
        public var faults: [Fault] = []

        public init() {}
    }

    private let options: Options
    private let now: @Sendable () -> Date
    private let state: SharedState
    private var running: (server: LoopbackServer, mint: TokenMint)?

    /// - Parameters:
    ///   - now: The issuer's clock, by which tokens are dated and expire.
    ///   - random: What decides which requests a fault hits that hits some of them.
    public init(
        _ options: Options = Options(), now: @escaping @Sendable () -> Date = { Date() },
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.options = options
        self.now = now
        state = SharedState(IssuerState(plan: FaultPlan(options.faults), random: random))
    }

    deinit {
        running?.server.close()
    }

    /// The faults that are set. Those that were to hit some requests are gone when they have.
    public nonisolated var faults: [Fault] {
        get { state.value.withLock(\.plan.faults) }
        set { state.value.withLock { $0.plan = FaultPlan(newValue) } }
    }

    /// What it has done since it was made.
    public nonisolated var counts: IssuerCounts {
        state.value.withLock(\.counts)
    }

    /// Starts to listen, and returns the port once requests are taken. After ``stop()`` it can be started again.
    public func start() throws(DevelopmentIssuerError) -> UInt16 {
        guard running == nil else { throw DevelopmentIssuerError("The development issuer is running already.") }
        let key = try options.stateFolder.map { folder throws(DevelopmentIssuerError) in
            try SigningKeyFile(folder: folder).readOrMake()
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
            let server = try LoopbackServer(port: options.port) { [now, state] request in
                Self.reply(to: request, by: rules, at: now(), state, log)
            }
            running = (server, mint)
            return server.port
        } catch {
            throw Self.failure(error, port: options.port)
        }
    }

    /// Stops listening, lets requests in flight finish for two seconds at most, and returns.
    public func stop() async {
        guard let running else { return }
        self.running = nil
        await running.server.stop()
    }

    /// The tokens of a new visitor, as they would have been issued at `instant`: so a session can be shown at any
    /// age. `nil`: it is not running.
    public func issue(to clientID: UUID, at instant: Date) -> (accessToken: String, refreshToken: String)? {
        guard let mint = running?.mint else { return nil }
        let visitor = Visitor(id: UUID(), clientID: clientID)
        return (mint.accessToken(for: visitor, at: instant), mint.refreshToken(for: visitor, at: instant))
    }

    /// Makes a refresh token of its own invalid, as a site's owner would.
    public func revoke(_ refreshToken: String) {
        guard let token = running?.mint.openRefreshToken(refreshToken) else { return }
        state.value.withLock { $0.record(.revokedToken(token.id)) }
    }

    /// Decides an answer. What it makes true is saved before the answer is sent.
    private static func reply(
        to request: IssuerRequest, by rules: IssuerRules, at instant: Date, _ state: SharedState,
        _ log: RevocationLog?
    ) -> IssuerReply {
        state.value.withLock { state in
            var reply = rules.reply(to: request, at: instant, &state)
            let entries = state.takeUnsavedEntries()
            guard let log, !entries.isEmpty else { return reply }
            do {
                try log.append(entries)
            } catch {
                reply.answer = .failure(500, "The development issuer cannot write into its state folder.")
            }
            return reply
        }
    }

    private static func failure(_ error: POSIXError, port: UInt16) -> DevelopmentIssuerError {
        switch error.code {
        case .EADDRINUSE:
            DevelopmentIssuerError("Port \(port) is in use already. Choose another one, or 0 for any that is free.")
        case .EACCES:
            DevelopmentIssuerError("Port \(port) may not be used by you. Choose one from 1024 on.")
        default:
            DevelopmentIssuerError("The development issuer cannot listen on port \(port).")
        }
    }
}

/// The state, as the server's threads share it.
private final class SharedState: Sendable {
    let value: Mutex<IssuerState>

    init(_ state: consuming IssuerState) {
        value = Mutex(state)
    }
}
