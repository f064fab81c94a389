import Crypto
import FlyingFox
import FlyingSocks
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
    private let state: Mutex<IssuerState>
    private let gauge = RequestGauge()
    private var isStarting = false
    private var running: (server: HTTPServer, task: Task<Void, any Error>, mint: TokenMint)?

    /// - Parameters:
    ///   - now: The issuer's clock, by which tokens are dated and expire.
    ///   - random: What decides which requests a fault hits that hits some of them.
    public init(
        _ options: Options = Options(), now: @escaping @Sendable () -> Date = { Date() },
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.options = options
        self.now = now
        state = Mutex(IssuerState(plan: FaultPlan(options.faults), random: random))
    }

    deinit {
        running?.task.cancel()
    }

    /// The faults that are set. Those that were to hit some requests are gone when they have.
    public nonisolated var faults: [Fault] {
        get { state.withLock(\.plan.faults) }
        set { state.withLock { $0.plan = FaultPlan(newValue) } }
    }

    /// What it has done since it was made.
    public nonisolated var counts: IssuerCounts {
        state.withLock(\.counts)
    }

    /// Starts to listen, and returns the port once requests are taken. After ``stop()`` it can be started again.
    public func start() async throws(DevelopmentIssuerError) -> UInt16 {
        guard running == nil, !isStarting else {
            throw DevelopmentIssuerError("The development issuer is running already.")
        }
        isStarting = true
        defer { isStarting = false }
        let key = try options.stateFolder.map { folder throws(DevelopmentIssuerError) in
            try SigningKeyFile(folder: folder).readOrMake()
        }
        let mint = TokenMint(
            key: key ?? SymmetricKey(size: .bits256), accessLifetime: options.accessLifetime,
            refreshLifetime: options.refreshLifetime)
        let rules = IssuerRules(mint: mint, rotate: options.rotate)
        let notebook = options.stateFolder.map(IssuerNotebook.init)
        if let notes = try notebook?.read() {
            state.withLock { state in for note in notes { state.apply(note) } }
        }
        let handler = IssuerHandler(rules: rules, gauge: gauge) { [weak self] rules, request in
            self?.reply(to: request, by: rules, notebook)
        }
        let server = HTTPServer(config: try configuration(), handler: handler)
        let task = Task { try await server.run() }
        do {
            try await Self.untilListening(server, task)
            guard case .ip4(_, let port)? = await server.listeningAddress else { throw SocketError.disconnected }
            running = (server, task, mint)
            return port
        } catch {
            task.cancel()
            throw Self.failure(error, port: options.port)
        }
    }

    /// Stops listening, lets requests that are under way end for at most two seconds, and returns.
    public func stop() async {
        guard let running else { return }
        self.running = nil
        // The server always takes the whole time that it is given: its listener does not notice that it is closed.
        // The shorter one is for answers that are on their way out.
        await running.server.stop(timeout: gauge.count == 0 ? 0.05 : 2)
        running.task.cancel()
        _ = await running.task.result
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
        state.withLock { $0.note(.revokedToken(token.id)) }
    }

    /// What the answer makes true is written down before it leaves.
    private nonisolated func reply(
        to request: IssuerRequest, by rules: IssuerRules, _ notebook: IssuerNotebook?
    ) -> IssuerReply {
        let instant = now()
        return state.withLock { state in
            var reply = rules.reply(to: request, at: instant, &state)
            let notes = state.takeNotes()
            guard let notebook, !notes.isEmpty else { return reply }
            do {
                try notebook.append(notes)
            } catch {
                reply.answer = .failure(500, "The development issuer cannot write into its state folder.")
            }
            return reply
        }
    }

    private func configuration() throws(DevelopmentIssuerError) -> HTTPServer.Configuration {
        do {
            return HTTPServer.Configuration(
                address: try .inet(ip4: "127.0.0.1", port: options.port), timeout: 120, logger: .disabled)
        } catch {
            throw DevelopmentIssuerError("This machine has no address 127.0.0.1.")
        }
    }

    /// Whichever comes first: the server listens, or it ends because it cannot.
    private static func untilListening(_ server: HTTPServer, _ task: Task<Void, any Error>) async throws {
        let (outcomes, outcome) = AsyncThrowingStream.makeStream(of: Void.self)
        let failing = Task {
            do { try await task.value } catch { outcome.finish(throwing: error) }
        }
        let listening = Task {
            do {
                try await server.waitUntilListening(timeout: 30)
                outcome.yield()
            } catch {
                outcome.finish(throwing: error)
            }
        }
        defer {
            failing.cancel()
            listening.cancel()
        }
        for try await _ in outcomes { return }
        throw SocketError.disconnected
    }

    private static func failure(_ error: any Error, port: UInt16) -> DevelopmentIssuerError {
        guard case SocketError.failed(_, let number, _) = error else {
            return DevelopmentIssuerError("The development issuer cannot listen on port \(port).")
        }
        return switch number {
        case EADDRINUSE:
            DevelopmentIssuerError("Port \(port) is in use already. Choose another one, or 0 for any that is free.")
        case EACCES:
            DevelopmentIssuerError("Port \(port) may not be used by you. Choose one from 1024 on.")
        default:
            DevelopmentIssuerError("The development issuer cannot listen on port \(port).")
        }
    }
}
