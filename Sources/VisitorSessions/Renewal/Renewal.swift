import Synchronization

import struct Foundation.Date

/// Does what a ``RenewalMachine`` decides. It runs in a task that nobody cancels.
struct Renewal: Sendable {
    let id: SessionID
    let store: any SessionStore
    let issuer: IssuerAccess
    let policy: SessionPolicy
    let holder: String
    let tier: RequestBudget.Tier
    let timing: Timing

    /// Runs to the end, and returns the result. `report` gets one that callers may have before the end.
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
        // Each event is what its action asked for. If it ever were not, a process with other pairs in it must not end here.
        return .failure(SessionError(.transient, "The renewal of session \(id) stopped. It is kept; renew it again."))
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
                RequestDeferral(until: moment.elapsed(atStore: error.notBefore ?? moment.wall), reason: error.message))
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

/// Work that goes on whatever becomes of those who wait for it: the place where they wait.
final class Flight<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, SessionError>?
        var waiters: [Int: CheckedContinuation<Result<Value, SessionError>, Never>] = [:]
        var lastNumber = 0
        /// Those who were cancelled before they came to wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Tells everybody, now and later. The first result counts.
    func complete(with result: Result<Value, SessionError>) {
        let waiters = state.withLock { state in
            guard state.result == nil else { return [CheckedContinuation<Result<Value, SessionError>, Never>]() }
            state.result = result
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Waits for the result. A waiter whose own task is cancelled goes away at once, alone.
    func result() async throws(SessionError) -> Value {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let known: Result<Value, SessionError>? = state.withLock { state in
                    if let result = state.result { return result }
                    if state.cancelled.remove(number) != nil { return Self.cancelled }
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
            waiter?.resume(returning: Self.cancelled)
        }
        return try result.get()
    }

    private static var cancelled: Result<Value, SessionError> {
        .failure(SessionError(.cancelled, "Nobody waits any more. What was under way goes on, and is stored."))
    }
}
