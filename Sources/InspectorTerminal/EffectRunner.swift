import Foundation
import InspectorCore
import VisitorSessions

/// Does what updates ask for, each in a task, and posts what came of it. Nothing here blocks the loop.
struct EffectRunner: Sendable {
    private static let historyLimit = 50

    let services: InspectorServices
    let mailbox: Mailbox
    let policy: SessionPolicy
    let now: @Sendable () -> Date

    /// Whether the terminal belongs to a tmux, which has a clipboard of its own.
    private let usesTmux: Bool

    /// The operations that are under way.
    private let operations = DispatchGroup()

    init(
        services: InspectorServices, mailbox: Mailbox, policy: SessionPolicy, usesTmux: Bool,
        now: @escaping @Sendable () -> Date
    ) {
        self.services = services
        self.mailbox = mailbox
        self.policy = policy
        self.usesTmux = usesTmux
        self.now = now
    }

    private var manager: SessionManager { services.manager }
    private var store: any SessionStore { services.manager.store }

    func run(_ effect: Effect) {
        let group = if case .perform = effect { operations } else { DispatchGroup?.none }
        group?.enter()
        Task {
            defer { group?.leave() }
            switch effect {
            case .load(let request):
                await post { () async throws(StoreError) in try await load(request) }
            case .count(let instant):
                await post { () async throws(StoreError) in
                    .counted(try await store.census(at: instant, policy: policy), at: instant)
                }
            case .open(let id):
                await post(ofOne: true) { () async throws(StoreError) in try await open(id) }
            case .read(let text, let serial): mailbox.post(.read(await read(text), serial: serial))
            case .perform(let operation, let work):
                mailbox.post(.finished(await perform(operation, work)))
            case .copy(let form, let sessions): mailbox.post(.copied(await copy(form, sessions)))
            case .reveal(let id):
                await post(ofOne: true) { () async throws(StoreError) in
                    guard let opened = try await store.opened(id) else { throw StoreError.notFound(id) }
                    return .revealed(id, opened.tokens)
                }
            case .askAbout(let session):
                await ask(session, services.tokenInfo, or: "This issuer cannot be asked about tokens.")
            case .probe(let session):
                await ask(
                    session, services.probe,
                    or:
                        "No probe request is known for this issuer: a profile of the configuration names one (probe-url)."
                )
            case .offer, .edit, .mouse, .redraw, .suspend, .quit: break  // The loop's own.
            }
        }
    }

    /// Waits for what was begun, for `limit` at most: an issuer's answer must not die with the process. Blocks.
    ///
    /// `false`: something is still under way.
    func finish(within limit: Duration) -> Bool {
        // What a scheduler began counts, too.
        operations.enter()
        Task {
            _ = await manager.finish(within: limit)
            operations.leave()
        }
        return waitForOperations(limit)
    }

    private func waitForOperations(_ limit: Duration) -> Bool {
        operations.wait(timeout: .now() + limit.inSeconds) == .success
    }

    /// Tells the loop of every change of the store and of all that happens to sessions, until the tasks are cancelled.
    /// Renews meanwhile what asked for it, unless nothing may be changed.
    func watch(isReadOnly: Bool) -> [Task<Void, Never>] {
        var tasks = [
            Task {
                for await _ in store.changes() { mailbox.post(.storeChanged) }
            },
            Task {
                do throws(StoreError) {
                    for try await entry in manager.events() { mailbox.post(.happened(entry)) }
                } catch {
                    mailbox.post(.failed("The log has ended: \(error.message)"))
                }
            },
        ]
        if !isReadOnly {
            let scheduler = RenewalScheduler(manager) { [mailbox] in mailbox.post(.scheduled($0)) }
            tasks.append(Task { await scheduler.run() })
        }
        return tasks
    }

    private func post(ofOne: Bool = false, _ work: () async throws(StoreError) -> Message) async {
        do {
            mailbox.post(try await work())
        } catch {
            // What concerns one session is no trouble of the store.
            let isOfOne = ofOne && [.notFound, .damaged].contains(error.kind)
            mailbox.post(isOfOne ? .failed(error.message) : .storeFailed(error))
        }
    }

    /// Asks the issuer something with a session's access token.
    private func ask(
        _ session: VisitorSession, _ question: (@Sendable (Secret) async -> Notice)?, or none: String
    ) async {
        let name = session.id.prefix(6)
        var notice = Notice(title: name, lines: [.init("nothing asked", none, isFailure: true)])
        do {
            if let question {
                if let token = try await store.opened(session.id)?.tokens.accessToken {
                    notice = await question(token.value)
                    notice.title = "\(notice.title) of \(name)"
                } else {
                    notice.lines = [.init("nothing asked", "The session has no access token.", isFailure: true)]
                }
            }
        } catch {
            notice.lines = [.init("nothing asked", error.message, isFailure: true)]
        }
        mailbox.post(.answered(notice, about: session))
    }

    /// Writes what was asked for, one session a line, and puts it into the clipboard.
    private func copy(_ form: CopyForm, _ sessions: [VisitorSession]) async -> Copied {
        var lines: [String] = []
        do {
            for session in sessions {
                if case .claim(_, let value) = form {
                    lines.append(value)
                } else if let opened = try await store.opened(session.id), let text = services.write(opened, form) {
                    lines.append(text.reveal())
                }
            }
        } catch {
            return Copied(form: form, sessions: sessions, characters: 0, way: .failed(error.message))
        }
        guard !lines.isEmpty else {
            let reason = "There is no \(form.name) in it."
            return Copied(form: form, sessions: sessions, characters: 0, way: .failed(reason))
        }
        let text = Secret(lines.joined(separator: "\n"))
        let isInTmux = usesTmux && Clipboard.loadIntoTmux(text)
        return Copied(
            form: form, sessions: sessions, characters: lines.reduce(lines.count - 1) { $0 + $1.count },
            way: isInTmux ? .tmux : .terminal(text))
    }

    // MARK: Reading

    /// What a text means, and which sessions hold its refresh token already.
    private func read(_ text: Secret) async -> Result<TokenPreview, UnreadableTokensNotice> {
        guard case .success(var preview) = services.read(text), let token = preview.tokens.refreshToken?.value else {
            return services.read(text)
        }
        do {
            preview.holders = try await store.sessions(holding: token, since: .distantFuture, limit: 10)
                .filter { $0.discardedAt == nil }
        } catch {
            // A store that is away is said elsewhere; it refuses what it must not hold twice.
        }
        return .success(preview)
    }

    private func load(_ request: ListRequest) async throws(StoreError) -> Message {
        var query = SessionQuery(
            filter: request.filter, sort: request.sort, limit: request.margin * 2, now: now(), policy: policy)
        switch request.anchor {
        case .first, .last:
            query.start = request.anchor == .first ? .first : .last
            let rows = try await store.page(query)
            let isWhole = rows.count < query.limit
            return .loaded(
                LoadedList(
                    answering: request, rows: rows, anchorRow: request.anchor == .first ? 0 : max(rows.count - 1, 0),
                    isAtStart: isWhole || request.anchor == .first, isAtEnd: isWhole || request.anchor == .last))
        case .session(let id, let lastSeen):
            let place = try await position(of: id, in: query) ?? lastSeen
            query.limit = request.margin
            query.start = .before(place)
            let before = try await store.page(query)
            query.start = .from(place)
            let behind = try await store.page(query)
            return .loaded(
                LoadedList(
                    answering: request, rows: before + behind, anchorRow: before.count,
                    isAtStart: before.count < query.limit, isAtEnd: behind.count < query.limit))
        }
    }

    /// Where the session stands now. `nil`: nowhere in this list.
    private func position(of id: SessionID, in query: SessionQuery) async throws(StoreError) -> SessionPosition? {
        guard let session = try await store.session(id),
            query.filter.matches(session, in: session.state(at: query.now, policy: policy))
        else { return nil }
        return session.position(by: query.sort.key)
    }

    private func open(_ id: SessionID) async throws(StoreError) -> Message {
        guard let session = try await store.session(id) else { throw StoreError.notFound(id) }
        var details = SessionDetails(
            session: session, history: try await store.history(of: id, limit: Self.historyLimit))
        do {
            if let opened = try await store.opened(id) {
                details.session = opened.session
                details.access = opened.tokens.accessToken.map { services.describe($0.value) }
                details.refresh = opened.tokens.refreshToken.map { services.describe($0.value) }
            }
        } catch  where error.kind == .damaged {
            details.problem = error.message
        }
        return .opened(details)
    }

    // MARK: Changing

    private func perform(_ operation: InspectorCore.Operation, _ work: Int) async -> Outcome {
        do {
            let (session, previous) = try await change(operation)
            return Outcome(operation, of: work, .success(session), previous: previous)
        } catch {
            return Outcome(operation, of: work, .failure(error))
        }
    }

    private func change(
        _ operation: InspectorCore.Operation
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession?) {
        switch operation {
        case .generate: return (try await manager.generate(clientID: try clientID()), nil)
        case .renew(let id): return (try await manager.renew(id), nil)
        case .discard(let id): return (try await manager.discard(id), nil)
        case .restore(let id): return (try await manager.restore(id), nil)
        case .label(let id, let label, _): return (try await manager.label(id, label), nil)
        case .autoRenew(let id, let isOn): return (try await manager.setAutoRenew(isOn, of: id), nil)
        case .add(let tokens, let found):
            let clientID = if let found { found } else { try clientID() }
            return (try await manager.add(tokens, clientID: clientID), nil)
        case .set(let tokens, let clientID, let id):
            let done = try await manager.set(tokens, clientID: clientID, on: id)
            return (done.session, done.previous)
        case .putBack(let before, let replaced):
            let done = try await manager.set(
                before.tokens, clientID: before.session.clientID, on: before.session.id, replacing: replaced)
            return (done.session, nil)
        }
    }

    private func clientID() throws(SessionError) -> String {
        guard let clientID = services.clientID else {
            throw SessionError(
                .configuration, "No client ID is configured. Start with --client-id ID, or set WIX_CLIENT_ID.")
        }
        return clientID
    }
}
