import struct Foundation.Date

/// Requests a new visitor from the issuer and stores it. Runs in a task that is never cancelled.
struct Generation: Sendable {
    /// The message for callers that are cancelled while the request continues.
    static let continuation = "The request continues, and the new session will be saved."

    let label: String
    let clientID: String
    let store: any SessionStore
    let issuer: IssuerAccess
    let policy: SessionPolicy
    let actor: String
    let backoff: Backoff
    let timing: Timing

    /// Runs to the end. Calls `report` as soon as callers may have the result, possibly before returning.
    func run(report: (Result<OpenedSession, SessionError>) async -> Void) async {
        let (issued, duration): (IssuedTokens, Duration)
        do throws(SessionError) {
            (issued, duration) = try await ask()
        } catch {
            return await report(.failure(error))
        }
        let tokens = Tokens(accessToken: issued.accessToken, refreshToken: issued.refreshToken)
        let session = VisitorSession(
            label: label, clientID: clientID, issuer: issuer.name, tokens: tokens, at: timing.clock.now)
        let entry = JournalEntry.Draft(.generated, actor: actor, requestID: issued.requestID, duration: duration)
        await keep(OpenedSession(session, tokens: tokens), entry, report: report)
    }

    /// A lost response only leaves an unused visitor behind, so the request can be retried.
    private func ask() async throws(SessionError) -> (IssuedTokens, Duration) {
        let (deadline, answerDeadline) = policy.deadlines(from: timing.clock.elapsed())
        var attempts = 0
        while true {
            try await admit(before: deadline)
            let start = timing.clock.elapsed()
            switch await issuer.generate(clientID: clientID, within: answerDeadline - start) {
            case .success(let issued): return (issued, timing.clock.elapsed() - start)
            case .failure(let error):
                attempts += 1
                let next = timing.clock.elapsed() + backoff.pause(after: attempts)
                guard error.kind == .transient, attempts < policy.attempts, next < deadline else {
                    throw SessionError(error, meaning: "No session was created.")
                }
                await timing.wait(until: next)
            }
        }
    }

    /// Waits for the gate and the budget. An unwritable store is detected here, before a visitor exists.
    private func admit(before deadline: Duration) async throws(SessionError) {
        while true {
            guard let held = try await deferral() else { return }
            guard held.until < deadline else {
                let moment = timing.clock.moment
                throw SessionError(
                    .transient, "\(held.reason) No session was created; try again later.",
                    retryAfter: moment.wall(at: held.until), cause: held)
            }
            await timing.wait(until: held.until)
        }
    }

    /// Returns `nil` if one request may be sent now. It has then been taken from the budget.
    private func deferral() async throws(SessionError) -> RequestDeferral? {
        if let held = issuer.admit(clientID) { return held }
        guard let budget = policy.budget else { return nil }
        do throws(StoreError) {
            try await store.spend(BudgetRequest(budget, .foreground), of: clientID)
            return nil
        } catch {
            issuer.cancelProbe()
            guard error.kind == .overBudget, let notBefore = error.notBefore else { throw SessionError(error) }
            return RequestDeferral(
                until: timing.clock.moment.elapsed(atStore: notBefore), reason: error.message, isOfBudget: true)
        }
    }

    /// Stores a pair whose only copy is here, retrying while the store is unavailable.
    private func keep(
        _ opened: OpenedSession, _ entry: JournalEntry.Draft,
        report: (Result<OpenedSession, SessionError>) async -> Void
    ) async {
        let begun = timing.clock.elapsed()
        var rest = RenewalMachine.initialBackoff
        while true {
            let failure: StoreError
            do throws(StoreError) {
                let session = try await store.insert(opened.session, tokens: opened.tokens, entry: entry)
                return await report(.success(OpenedSession(session, tokens: opened.tokens)))
            } catch {
                failure = error
            }
            // No other process knows this ID: an earlier attempt was stored although it reported a failure.
            if failure.kind == .conflict {
                return await report(.success(opened))
            }
            if !failure.isTransient || timing.clock.elapsed() - begun >= policy.storeTimeout(for: failure) {
                await report(
                    .failure(
                        SessionError(
                            .store, "The new session couldn't be stored. \(failure.message)",
                            requestID: entry.requestID, unstoredTokens: opened.tokens, cause: failure)))
            }
            // Retrying can't help: the pair was stored in the meantime, or never will be.
            guard failure.isTransient else { return }
            await timing.wait(until: timing.clock.elapsed() + rest)
            rest = min(rest * 2, RenewalMachine.maximumBackoff)
        }
    }
}
