import Synchronization

import struct Foundation.Date

/// Executes the decisions of a ``RenewalMachine``. Runs in a task that is never cancelled.
struct Renewal: Sendable {
    let id: SessionID
    let store: any SessionStore
    let issuer: IssuerAccess
    let policy: SessionPolicy
    let holder: String
    let tier: RequestBudget.Tier
    let timing: Timing

    /// Runs to the end and returns the result. Calls `report` if callers may get a result before that.
    func run(
        _ machine: RenewalMachine, report: (Result<OpenedSession, SessionError>) -> Void
    ) async -> Result<OpenedSession, SessionError> {
        var machine = machine
        let changes = StoreChanges(store)
        defer { changes.end() }
        var event = RenewalMachine.Event.begun
        while let action = machine.next(event, at: timing.clock.moment) {
            switch action {
            case .open: event = await open()
            case .lease(let session): event = await lease(session)
            case .send(let token, let clientID, let deadline):
                let limit = deadline - timing.clock.elapsed()
                event = .answered(await issuer.renew(token, clientID: clientID, within: limit))
            case .store(let write): event = await store(write)
            case .wait(let instant, let orChange):
                await timing.wait(until: instant, orFor: orChange ? changes : nil)
                event = .waited
            case .report(let result):
                report(result)
                event = .reported
            case .finish(let result):
                return result
            }
        }
        // Unreachable: each event is the one its action asked for. A crash here would lose other sessions' new pairs.
        return .failure(SessionError(.transient, "The renewal of session \(id) stopped unexpectedly. Try again."))
    }

    private func open() async -> RenewalMachine.Event {
        do throws(StoreError) {
            guard let opened = try await store.opened(id) else { return .notOpened(.notFound(id)) }
            return .opened(opened)
        } catch {
            return .notOpened(error)
        }
    }

    private func lease(_ session: VisitorSession) async -> RenewalMachine.Event {
        if let held = issuer.admit(session.clientID) { return .notLeased(.deferred(held)) }
        do throws(StoreError) {
            let request = policy.budget.map { BudgetRequest($0, tier) }
            return .leased(try await store.lease(session, to: holder, for: policy.leaseDuration, within: request))
        } catch {
            issuer.cancelProbe()
            return .notLeased(refusal(error))
        }
    }

    private func refusal(_ error: StoreError) -> RenewalMachine.LeaseRefusal {
        switch error.kind {
        case .conflict: return .changed
        case .leased: return .busy(until: error.notBefore)
        case .overBudget:
            let moment = timing.clock.moment
            return .deferred(
                RequestDeferral(
                    until: moment.elapsed(atStore: error.notBefore ?? moment.wall), reason: error.message,
                    isOfBudget: true))
        default: return .failed(error)
        }
    }

    private func store(_ write: RenewalOutcome.Write) async -> RenewalMachine.Event {
        do throws(StoreError) {
            return .stored(try await store.update(write.session, tokens: write.tokens, entry: write.entry))
        } catch {
            return .notStored(error)
        }
    }
}

/// Shared work with any number of waiters. Cancelling a waiter doesn't cancel the work.
final class Flight<Value: Sendable>: Sendable {
    /// What callers are told if they are cancelled while the work continues.
    private let continuation: String

    private struct State {
        var result: Result<Value, SessionError>?
        var waiters: [Int: CheckedContinuation<Result<Value, SessionError>, Never>] = [:]
        var lastNumber = 0
        /// Waiters that were cancelled before they started waiting.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    init(continuation: String = "The renewal continues and will be saved.") {
        self.continuation = continuation
    }

    /// Delivers the result to all current and future waiters. Only the first call counts.
    func complete(with result: Result<Value, SessionError>) {
        let waiters = state.withLock { state in
            guard state.result == nil else { return [CheckedContinuation<Result<Value, SessionError>, Never>]() }
            state.result = result
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Waits for the result. If the caller's task is cancelled, it returns at once.
    func result() async throws(SessionError) -> Value {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let known: Result<Value, SessionError>? = state.withLock { state in
                    if let result = state.result { return result }
                    if state.cancelled.remove(number) != nil { return cancelled }
                    state.waiters[number] = waiter
                    return nil
                }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if state.result == nil, state.waiters[number] == nil { state.cancelled.insert(number) }
                return state.waiters.removeValue(forKey: number)
            }
            waiter?.resume(returning: cancelled)
        }
        return try result.get()
    }

    private var cancelled: Result<Value, SessionError> {
        .failure(SessionError(.cancelled, "Cancelled. \(continuation)"))
    }
}
