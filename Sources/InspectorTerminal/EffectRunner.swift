import Dispatch
import InspectorCore
import VisitorSessions

import struct Foundation.Date

/// Does what updates ask for, each in a task, and posts what came of it. Nothing here blocks the loop.
struct EffectRunner: Sendable {
    private static let historyLimit = 50

    let services: InspectorServices
    let mailbox: Mailbox
    let policy: SessionPolicy
    let now: @Sendable () -> Date

    /// The operations that are under way.
    private let operations = DispatchGroup()

    init(
        services: InspectorServices, mailbox: Mailbox, policy: SessionPolicy, now: @escaping @Sendable () -> Date
    ) {
        self.services = services
        self.mailbox = mailbox
        self.policy = policy
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
                    .counted(try await store.census(at: instant, policy: policy))
                }
            case .open(let id):
                await post { () async throws(StoreError) in try await open(id) }
            case .read(let text, let serial): mailbox.post(.read(services.read(text), serial: serial))
            case .perform(let operation): mailbox.post(.finished(await perform(operation)))
            case .redraw, .suspend, .quit: break  // The loop's own.
            }
        }
    }

    /// Waits for what was begun, for `limit` at most: an issuer's answer must not die with the process. Blocks.
    ///
    /// `false`: something is still under way.
    func finish(within limit: Duration) -> Bool {
        operations.wait(timeout: .now() + limit.inSeconds) == .success
    }

    /// Tells the loop whenever the store changes, until the task is cancelled.
    func watchStore() -> Task<Void, Never> {
        Task {
            for await _ in store.changes() { mailbox.post(.storeChanged) }
        }
    }

    private func post(_ work: () async throws(StoreError) -> Message) async {
        do {
            mailbox.post(try await work())
        } catch {
            mailbox.post(.storeFailed(error))
        }
    }

    // MARK: Reading

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

    private func perform(_ operation: Operation) async -> Outcome {
        do {
            switch operation {
            case .generate:
                return Outcome(operation, .success(try await manager.generate(clientID: try clientID())))
            case .renew(let id): return Outcome(operation, .success(try await manager.renew(id)))
            case .discard(let id): return Outcome(operation, .success(try await manager.discard(id)))
            case .restore(let id): return Outcome(operation, .success(try await manager.restore(id)))
            case .add(let tokens, let found):
                let clientID = if let found { found } else { try clientID() }
                return Outcome(operation, .success(try await manager.add(tokens, clientID: clientID)))
            case .set(let tokens, let clientID, let id):
                let done = try await manager.set(tokens, clientID: clientID, on: id)
                return Outcome(operation, .success(done.session), previous: done.previous)
            case .putBack(let before, let replaced):
                let done = try await manager.set(
                    before.tokens, clientID: before.session.clientID, on: before.session.id, replacing: replaced)
                return Outcome(operation, .success(done.session))
            }
        } catch {
            return Outcome(operation, .failure(error))
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
