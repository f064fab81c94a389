import Foundation
import InspectorCore
import VisitorSessions

/// Does what updates ask for, each in a task, and posts what came of it. Nothing here blocks the loop.
struct EffectRunner: Sendable {
    /// How long requests may take before the process is suspended.
    private static let suspendLimit: Duration = .seconds(10)

    private let services: InspectorServices
    private let manager: SessionManager
    private let policy: SessionPolicy
    private let mailbox: Mailbox
    private let reader: SessionReader
    private let performer: OperationPerformer
    private let copier: SessionCopier
    private let tokenInfo: IssuerQuestion
    private let probe: IssuerQuestion

    /// The list's last question.
    private let loading = LatestTask()

    /// The last question for a place in the list. Another one is asked when this one is of no more use.
    private let ranking = LatestTask()

    /// The operations that are under way.
    private let operations = DispatchGroup()

    init(
        services: InspectorServices, mailbox: Mailbox, environment: [String: String],
        now: @escaping @Sendable () -> Date
    ) {
        self.services = services
        manager = services.manager
        policy = services.manager.policy
        self.mailbox = mailbox
        reader = SessionReader(services: services, policy: services.manager.policy, now: now)
        performer = OperationPerformer(services: services)
        copier = SessionCopier(services: services, environment: environment)
        tokenInfo = IssuerQuestion(
            manager: manager, question: services.tokenInfo,
            reason: "This issuer cannot be asked about tokens.")
        probe = IssuerQuestion(
            manager: manager, question: services.probe,
            reason: "No probe request is known for this issuer: a profile of the configuration names one (probe-url).")
    }

    private var store: any SessionBrowser { services.store }

    func run(_ effect: Effect) {
        let group = if case .perform = effect { operations } else { DispatchGroup?.none }
        group?.enter()
        let task = Task {
            defer { group?.leave() }
            switch effect {
            case .load(let request):
                await post { () async throws(StoreError) in .loaded(try await reader.list(request)) }
            case .count(let instant):
                await post { () async throws(StoreError) in
                    .counted(try await store.census(at: instant, policy: policy), at: instant)
                }
            case .rank(let request):
                await post { () async throws(StoreError) in .ranked(try await reader.rank(request), request) }
            case .open(let id):
                await post(ofOne: true) { () async throws(StoreError) in .opened(try await reader.details(of: id)) }
            case .reveal(let id):
                await post(ofOne: true) { () async throws(StoreError) in .revealed(id, try await reader.tokens(of: id))
                }
            case .read(let text, let target, let serial):
                mailbox.post(.read(await reader.preview(of: text, for: target), serial: serial))
            case .findHolder(let text):
                await post { () async throws(StoreError) in
                    let (sessions, isNow) = try await reader.holders(of: text)
                    return .held(by: sessions, isNow: isNow)
                }
            case .finishRequests:
                DispatchQueue.global().async {
                    _ = finish(within: Self.suspendLimit)
                    mailbox.post(.requestsFinished)
                }
            case .perform(let operation, let work):
                mailbox.post(.finished(await performer.perform(operation, work)))
            case .copy(let form, let sessions): mailbox.post(.copied(await copier.copy(form, sessions)))
            case .askAbout(let session):
                mailbox.post(.answered(await tokenInfo.ask(about: session), about: session))
            case .probe(let session): mailbox.post(.answered(await probe.ask(about: session), about: session))
            case .checkIssuer:
                if await services.issuerAnswers?() == true { mailbox.post(.issuerAnswers) }
            case .offer, .edit, .mouse, .redraw, .suspend, .quit: break  // The loop's own.
            }
        }
        // A filter that is typed on makes the question before it idle, and its search is broken off.
        switch effect {
        case .load: loading.replace(with: task)
        case .rank: ranking.replace(with: task)
        default: break
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
                for await _ in store.changes() {
                    // Another process may have asked the issuer first.
                    if !manager.clock.isKnown { await manager.recallClock(again: true) }
                    mailbox.post(.storeChanged)
                }
            },
            Task { await follow() },
        ]
        if !isReadOnly {
            let scheduler = RenewalScheduler(manager, purging: services.store) { [mailbox] in
                mailbox.post(.scheduled($0))
            }
            tasks.append(Task { await scheduler.run() })
        }
        return tasks
    }

    /// Tells the loop of all that happens to sessions. A store that has become unusable may be put right.
    private func follow() async {
        var position: Int?
        var hasFailed = false
        while !Task.isCancelled {
            do throws(StoreError) {
                if position == nil { position = try await store.journalEnd() }
                hasFailed = false
                for try await entry in store.events(after: position) {
                    position = entry.position
                    mailbox.post(.happened(entry))
                }
            } catch {
                if !hasFailed { mailbox.post(.failed("The log waits for the store: \(error.message)")) }
                hasFailed = true
                // Cancelled, it is over anyway.
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func post(ofOne: Bool = false, _ work: () async throws(StoreError) -> Message) async {
        do {
            mailbox.post(try await work())
        } catch {
            guard !Task.isCancelled else { return }
            // What concerns one session is no trouble of the store.
            let isOfOne = ofOne && [.notFound, .damaged].contains(error.kind)
            mailbox.post(isOfOne ? .failed(error.message) : .storeFailed(error))
        }
    }
}
