import Foundation
import InspectorCore
import Synchronization
import VisitorSessions

/// Runs each effect in a task and posts its result. Running effects never blocks the loop.
struct EffectRunner: Sendable {
    /// How long to wait for requests in flight before the process is suspended.
    private static let suspendLimit: Duration = .seconds(10)

    private let services: InspectorServices
    private let manager: SessionManager
    private let policy: SessionPolicy
    private let mailbox: Mailbox
    private let reader: SessionReader
    private let worker: SessionWorker

    /// The last request for rows.
    private let loading = LatestTask()

    /// The last request for a position in the list.
    private let ranking = LatestTask()

    /// The actions in flight.
    private let actions = DispatchGroup()

    init(
        services: InspectorServices, mailbox: Mailbox, environment: [String: String],
        now: @escaping @Sendable () -> Date
    ) {
        self.services = services
        manager = services.manager
        policy = services.manager.policy
        self.mailbox = mailbox
        reader = SessionReader(services: services, policy: services.manager.policy, now: now)
        worker = SessionWorker(services: services, environment: environment)
    }

    private var store: any SessionBrowser { services.store }

    func run(_ effect: Effect) {
        let group = if case .perform = effect { actions } else { DispatchGroup?.none }
        group?.enter()
        let task = Task {
            defer { group?.leave() }
            switch effect {
            case .load(let request):
                await post { () async throws(StoreError) in .loaded(try await reader.list(request)) }
            case .count(let instant):
                await post { () async throws(StoreError) in
                    .counted(try await store.counts(at: instant, policy: policy), at: instant)
                }
            case .findApplications(let target):
                await post { () async throws(StoreError) in
                    .applications(try await reader.applications(), for: target)
                }
            case .findPages(let session):
                await post { () async throws(StoreError) in .pages(try await store.placeOrigins(), for: session) }
            case .openBrowser(let session, let page):
                guard let browse = services.browse else { return mailbox.post(.failed(InspectorTexts.noBrowser)) }
                if let problem = await browse(session.id, page) { mailbox.post(.failed(problem)) }
            case .saveClientID(let clientID):
                mailbox.post(services.saveClientID?(clientID).map { .failed($0) } ?? .clientIDSaved)
            case .rank(let request):
                await post { () async throws(StoreError) in .ranked(try await reader.rank(request), request) }
            case .open(let id, let withRequests):
                await post(ofOne: true) { () async throws(StoreError) in
                    .opened(try await reader.details(of: id, withRequests: withRequests))
                }
            case .reveal(let id):
                await post(ofOne: true) { () async throws(StoreError) in .revealed(id, try await reader.tokens(of: id))
                }
            case .read(let text, let target, let serial):
                mailbox.post(.read(await reader.previews(of: text, for: target), serial: serial))
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
            case .page(let request): mailbox.post(.paged(job: request.job, await reader.page(request)))
            case .perform(let action, let job):
                mailbox.post(.finished(await worker.perform(action, job: job)))
            case .writePair(let id):
                await post { () async throws(StoreError) in .pairWritten(try await reader.editablePair(of: id)) }
            case .findLastChange:
                await post { () async throws(StoreError) in .lastChange(try await reader.lastChange()) }
            case .copy(let form, let sessions, let renews):
                mailbox.post(.copied(await worker.copy(form, sessions, renewing: renews)))
            case .requestTokenInfo(let session):
                mailbox.post(.answered(await worker.requestTokenInfo(session), about: session))
            case .probe(let session, let name):
                mailbox.post(.answered(await worker.probe(session, named: name), about: session))
            case .checkIssuer:
                if await services.issuerAnswers?() == true { mailbox.post(.issuerResponded) }
            case .offer, .edit, .mouse, .redraw, .theme, .bell, .suspend, .quit: break  // The loop performs these.
            }
        }
        // A newer request makes the previous one useless, so the previous one is cancelled.
        switch effect {
        case .load: loading.replace(with: task)
        case .rank: ranking.replace(with: task)
        default: break
        }
    }

    /// Blocks until the actions in flight finish, up to `limit`: exiting earlier would lose the issuer's answers.
    ///
    /// - Returns: Whether all have finished.
    func finish(within limit: Duration) -> Bool {
        // The scheduler's renewals count, too.
        actions.enter()
        Task {
            _ = await manager.finish(within: limit)
            actions.leave()
        }
        return waitForActions(limit)
    }

    private func waitForActions(_ limit: Duration) -> Bool {
        actions.wait(timeout: .now() + limit.inSeconds) == .success
    }

    /// Reports changes of the store and events of sessions until the tasks are cancelled. Unless the inspector is read-only, it
    /// also renews sessions with automatic renewal.
    func watch(isReadOnly: Bool) -> [Task<Void, Never>] {
        var tasks = [
            Task {
                for await _ in store.changes() {
                    // Another process may have learned the issuer's clock.
                    if !manager.clock.isKnown { await manager.loadClock(again: true) }
                    mailbox.post(.storeChanged)
                }
            },
            Task { await follow() },
        ]
        if !isReadOnly {
            let scheduler = RenewalScheduler(manager, purging: services.store) { [mailbox] in
                mailbox.post(.schedulerReported($0))
            }
            tasks.append(Task { await scheduler.run(withOtherIssuersOf: services.store) })
            let recorder = ExpiryRecorder(manager, in: services.store)
            tasks.append(Task { await recorder.run() })
        }
        return tasks
    }

    /// Posts the events of sessions as they happen. After a store failure, tries again.
    private func follow() async {
        var position: Int?
        var hasFailed = false
        while !Task.isCancelled {
            do throws(StoreError) {
                if position == nil { position = try await store.journalEnd() }
                hasFailed = false
                for try await entry in store.events(after: position) {
                    position = entry.position
                    mailbox.post(.journaled(entry))
                }
            } catch {
                if !hasFailed { mailbox.post(.failed(InspectorTexts.logPaused(error.message))) }
                hasFailed = true
                // Throws only if the task is cancelled, which ends the loop.
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func post(ofOne: Bool = false, _ work: () async throws(StoreError) -> Message) async {
        do {
            mailbox.post(try await work())
        } catch {
            guard !Task.isCancelled else { return }
            // A problem with one session isn't a failure of the store.
            let isOfOne = ofOne && [.notFound, .damaged].contains(error.kind)
            mailbox.post(isOfOne ? .failed(error.message) : .storeFailed(error))
        }
    }
}

/// Holds one task. A new task cancels the previous one.
private final class LatestTask: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)

    func replace(with next: Task<Void, Never>) {
        task.withLock { task in
            task?.cancel()
            task = next
        }
    }
}
