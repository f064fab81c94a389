import Foundation
import Testing

@testable import VisitorSessions

@Suite("The renewal machine")
struct RenewalMachineTests {
    enum Flaw: Sendable {
        case discarded, damaged, noRefreshToken, otherIssuer, refused

        func apply(_ opened: inout OpenedSession) {
            switch self {
            case .discarded: opened.session.discardedAt = opened.session.createdAt
            case .damaged: opened.session.damage = "its row can't be read"
            case .noRefreshToken: opened.tokens.refreshToken = nil
            case .otherIssuer: opened.session.issuer = "another issuer"
            case .refused: opened.session.refusedAt = opened.session.createdAt
            }
        }
    }

    // MARK: Before the token is sent

    @Test("It reads, leases, sends and stores before it reports")
    func straightOn() throws {
        var bench = MachineBench()
        #expect(bench.next(.begun)?.isOpen == true)
        #expect(bench.next(.opened(bench.opened))?.isLease == true)
        guard case .send(let token, "client", _)? = bench.next(.leased(bench.leased)) else {
            Issue.record("It did not send.")
            return
        }
        #expect(token.value == Secret("refresh-old"))
        bench.advance(.milliseconds(12))
        let write = try #require(bench.next(.answered(.success(bench.issued())))?.write)
        #expect(write.entry.duration == .milliseconds(12))
        #expect(write.tokens?.accessToken?.value == Secret("access-new"))
        #expect(write.tokens?.refreshToken == token)
        #expect(write.session.lease == nil && write.session.sentAt == nil && write.session.renewalCount == 1)
        #expect(bench.next(.stored(write.session))?.success?.tokens == write.tokens)
    }

    @Test("Tokens that another process obtained in the meantime are the result")
    func adopts() throws {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        let waiting = try #require(bench.next(.notLeased(.busy(until: bench.moment.wall + .seconds(40))))?.waiting)
        #expect(waiting.until == bench.moment.elapsed + .seconds(40) && waiting.orChange)
        #expect(bench.next(.waited)?.isOpen == true)
        bench.opened.tokens.accessToken?.value = Secret("access-theirs")
        bench.opened.session.renewalCount += 1
        #expect(bench.next(.opened(bench.opened))?.success?.tokens == bench.opened.tokens)
    }

    @Test("A blocked lease is requested again only when it has gone, changed or grown old")
    func looksAtLease() {
        for (change, asks) in [
            ({ _ in }, false), ({ $0.opened.session.lease = nil }, true),
            ({ $0.opened.session.lease?.deadline += 1 }, true), ({ $0.advance(.seconds(1)) }, true),
        ] as [((inout MachineBench) -> Void, Bool)] {
            var bench = MachineBench()
            let deadline = bench.moment.wall + .seconds(40)
            _ = bench.next(.begun)
            _ = bench.next(.opened(bench.opened))
            bench.opened.session.lease = SessionLease(holder: "another", deadline: deadline)
            _ = bench.next(.notLeased(.busy(until: deadline)))
            for _ in 0..<3 {
                _ = bench.next(.waited)
                let waiting = bench.next(.opened(bench.opened))?.waiting
                #expect(waiting?.until == .seconds(1040) && waiting?.orChange == true)
            }
            change(&bench)
            _ = bench.next(.waited)
            #expect(bench.next(.opened(bench.opened))?.isLease == asks)
        }
    }

    @Test("A session that changed since it was read is read again")
    func conflictOfLease() {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        #expect(bench.next(.notLeased(.changed))?.isOpen == true)
        #expect(bench.next(.opened(bench.opened))?.isLease == true)
    }

    @Test("Waiting for another holder stops at the deadline")
    func endlessHolder() throws {
        var bench = MachineBench()
        _ = bench.next(.begun)
        var rounds = 0
        while rounds < 100 {
            rounds += 1
            _ = bench.next(.opened(bench.opened))
            let action = bench.next(.notLeased(.busy(until: bench.moment.wall + .seconds(60))))
            guard let waiting = action?.waiting else {
                #expect(action?.failure?.kind == .transient)
                break
            }
            bench.advance(waiting.until - bench.moment.elapsed + .nanoseconds(1))
            #expect(bench.next(.waited)?.isOpen == true)
        }
        #expect(rounds == 3)
    }

    @Test("A dead holder's lease is taken over at its deadline")
    func takesOver() throws {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        let waiting = try #require(bench.next(.notLeased(.busy(until: bench.moment.wall + .seconds(60))))?.waiting)
        bench.advance(waiting.until - bench.moment.elapsed + .milliseconds(1))
        _ = bench.next(.waited)
        #expect(bench.next(.opened(bench.opened))?.isLease == true)
    }

    @Test(
        "Sessions that can't be renewed send nothing",
        arguments: [
            (SessionError.Kind.unsuitable, Flaw.discarded), (.unsuitable, .damaged), (.unsuitable, .noRefreshToken),
            (.configuration, .otherIssuer), (.refused, .refused),
        ])
    func unsuitable(kind: SessionError.Kind, flaw: Flaw) {
        var bench = MachineBench(change: flaw.apply)
        _ = bench.next(.begun)
        #expect(bench.next(.opened(bench.opened))?.failure?.kind == kind)
    }

    @Test("A session that is discarded while its renewal waits isn't renewed")
    func discardedWhileWaiting() {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        _ = bench.next(.notLeased(.busy(until: nil)))
        _ = bench.next(.waited)
        bench.opened.session.discardedAt = bench.moment.now
        #expect(bench.next(.opened(bench.opened))?.failure?.kind == .unsuitable)
    }

    @Test("A person may retry a refused session; a refusal while they wait is the result")
    func refusedBefore() {
        var bench = MachineBench(.demanded) { $0.session.refusedAt = $0.session.createdAt }
        _ = bench.next(.begun)
        #expect(bench.next(.opened(bench.opened))?.isLease == true)
        _ = bench.next(.notLeased(.busy(until: nil)))
        _ = bench.next(.waited)
        bench.opened.session.refusedAt = bench.moment.now
        #expect(bench.next(.opened(bench.opened))?.failure?.kind == .refused)
    }

    @Test("A pause after failures applies to everyone but a person, and ends in time")
    func retryAt() throws {
        func bench(_ urgency: RenewalRequest.Urgency, pause: Double) -> RenewalMachine.Action? {
            var bench = MachineBench(urgency) {
                $0.session.retryAt = Date(timeIntervalSince1970: 1_800_000_000 + pause)
            }
            _ = bench.next(.begun)
            return bench.next(.opened(bench.opened))
        }
        #expect(try #require(bench(.needed, pause: 5)?.waiting).until == .seconds(1005))
        #expect(bench(.needed, pause: 90)?.failure?.retryAfter == Date(timeIntervalSince1970: 1_800_000_090))
        #expect(bench(.ahead, pause: 5)?.failure?.kind == .transient)
        #expect(bench(.demanded, pause: 90)?.isLease == true)
        // A clock that was set back a day must not stop renewals for a day.
        #expect(bench(.needed, pause: 86_400)?.isLease == true)
    }

    @Test("A background renewal gives up instead of waiting")
    func givesWay() {
        for refusal in [
            RenewalMachine.LeaseRefusal.busy(until: nil),
            .deferred(RequestDeferral(until: .seconds(1001), reason: "The budget is used up.")),
        ] {
            var bench = MachineBench(.ahead)
            _ = bench.next(.begun)
            _ = bench.next(.opened(bench.opened))
            #expect(bench.next(.notLeased(refusal))?.failure?.kind == .transient)
        }
    }

    @Test("A deferral is waited for if it ends before the deadline")
    func deferral() throws {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        let held = RequestDeferral(until: .seconds(1010), reason: "The budget is used up.")
        #expect(try #require(bench.next(.notLeased(.deferred(held)))?.waiting).until == .seconds(1010))
        _ = bench.next(.waited)
        _ = bench.next(.opened(bench.opened))
        let late = RequestDeferral(until: .seconds(1061), reason: "The budget is used up.")
        #expect(bench.next(.notLeased(.deferred(late)))?.failure?.cause as? RequestDeferral == late)
    }

    @Test("A store failure before sending ends the renewal without a request")
    func storeFails() {
        for error in [StoreError(.unavailable, "The disk is full."), StoreError(.damaged, "It is damaged.")] {
            var first = MachineBench()
            _ = first.next(.begun)
            #expect(first.next(.notOpened(error))?.failure != nil)
            var second = MachineBench()
            _ = second.next(.begun)
            _ = second.next(.opened(second.opened))
            #expect(second.next(.notLeased(.failed(error)))?.failure != nil)
        }
    }

    @Test("A process suspended until its lease expired doesn't send")
    func stoppedBeforeSending() {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        let leased = bench.leased
        bench.advance(.seconds(60))
        #expect(bench.next(.leased(leased))?.isOpen == true)
    }

    @Test("A store with a slow clock neither blocks sending nor causes endless retries")
    func otherClock() {
        var bench = MachineBench()
        _ = bench.next(.begun)
        _ = bench.next(.opened(bench.opened))
        var leased = bench.leased
        leased.lease?.deadline = bench.moment.wall - .seconds(90)
        #expect(bench.next(.leased(leased))?.isSend == true)

        var slow = MachineBench()
        _ = slow.next(.begun)
        var steps = 0
        while slow.next(.opened(slow.opened))?.isLease == true, steps < 10 {
            slow.advance(.seconds(60))
            guard slow.next(.leased(slow.leased))?.isOpen == true else { break }
            steps += 1
        }
        #expect(steps == 3)
    }

    // MARK: After it was sent

    @Test("A harmless failure is retried with growing pauses, up to the policy's limit")
    func triesAgain() throws {
        var bench = MachineBench(attempts: 3)
        _ = bench.next(.begun)
        var pauses: [Duration] = []
        for attempt in 1...3 {
            #expect(bench.next(.opened(bench.opened))?.isLease == true)
            _ = bench.next(.leased(bench.leased))
            let error = IssuerError(.transient, "No connection.")
            let write = try #require(bench.next(.answered(.failure(error)))?.write)
            #expect(write.session.failures == attempt && write.tokens == nil && write.entry.event == .failed)
            bench.opened.session = write.session
            let action = bench.next(.stored(write.session))
            guard attempt < 3 else {
                #expect(action?.failure?.kind == .transient)
                break
            }
            let waiting = try #require(action?.waiting)
            pauses.append(waiting.until - bench.moment.elapsed)
            bench.advance(pauses.last ?? .zero)
            #expect(bench.next(.waited)?.isOpen == true)
        }
        #expect(pauses == [.seconds(1), .seconds(2)])
    }

    @Test("A token that may have been redeemed isn't resent automatically")
    func uncertain() throws {
        var bench = MachineBench()
        bench.send()
        let error = IssuerError(.transient, "Timed out.", mayHaveTakenEffect: true)
        let write = try #require(bench.next(.answered(.failure(error)))?.write)
        #expect(write.session.sentAt != nil && write.entry.event == .unresolved)
        #expect(bench.next(.stored(write.session))?.failure?.kind == .transient)
    }

    @Test("Retry-After is obeyed, up to an hour")
    func retryAfter() throws {
        for (asked, pause) in [(20.0, 20.0), (7200, 3600), (0.1, 1)] {
            var bench = MachineBench()
            bench.send()
            let error = IssuerError(
                .transient, "Too many.", status: 429, retryAfter: bench.moment.wall.addingTimeInterval(asked))
            let write = try #require(bench.next(.answered(.failure(error)))?.write)
            #expect(write.session.retryAt == bench.moment.now.addingTimeInterval(pause))
        }
    }

    @Test("A refusal is recorded once, with its code")
    func refused() throws {
        var bench = MachineBench()
        bench.send()
        let write = try #require(bench.next(.answered(.failure(IssuerError(.refused, "Refused."))))?.write)
        #expect(write.session.refusedAt == bench.moment.now && write.session.sentAt == nil && write.tokens == nil)
        #expect(bench.next(.stored(write.session))?.failure?.kind == .refused)
        #expect(bench.next(.waited) == nil)
    }

    @Test("A result is applied to the current session")
    func conflictOfStore() throws {
        var bench = MachineBench()
        bench.send()
        _ = bench.next(.answered(.success(bench.issued())))
        #expect(bench.next(.notStored(.conflict(bench.opened.session.id)))?.isOpen == true)
        var labeled = OpenedSession(bench.leased, tokens: bench.opened.tokens)
        labeled.session.label = "labeled meanwhile"
        labeled.session.version += 1
        let write = try #require(bench.next(.opened(labeled))?.write)
        #expect(write.session.label == "labeled meanwhile" && write.session.version == labeled.session.version)
        #expect(write.tokens?.accessToken?.value == Secret("access-new"))
    }

    @Test("Tokens set in the meantime are kept and returned")
    func superseded() throws {
        var bench = MachineBench()
        bench.send()
        _ = bench.next(.answered(.success(bench.issued())))
        _ = bench.next(.notStored(.conflict(bench.opened.session.id)))
        let set = Tokens(accessToken: AccessToken(Secret("access-set"), expiresAt: nil))
        let write = try #require(bench.next(.opened(OpenedSession(bench.leased, tokens: set)))?.write)
        #expect(write.tokens == nil)
        #expect(bench.next(.stored(write.session))?.success?.tokens == set)
    }

    @Test("A session discarded in the meantime stays discarded and keeps the new pair")
    func discardedMeanwhile() throws {
        var bench = MachineBench()
        bench.send()
        _ = bench.next(.answered(.success(bench.issued())))
        _ = bench.next(.notStored(.conflict(bench.opened.session.id)))
        var discarded = OpenedSession(bench.leased, tokens: bench.opened.tokens)
        discarded.session.discardedAt = bench.moment.now
        let write = try #require(bench.next(.opened(discarded))?.write)
        #expect(write.session.discardedAt == bench.moment.now)
        #expect(write.tokens?.accessToken?.value == Secret("access-new"))
    }

    @Test("An unavailable store gets the pair later; the caller gets it with the error")
    func storeUnavailable() throws {
        var bench = MachineBench()
        bench.send()
        let away = StoreError(.unavailable, "The disk is full.")
        var action = bench.next(.answered(.success(bench.issued(refresh: "refresh-new"))))
        var report: SessionError?
        var rests: [Duration] = []
        for _ in 0..<12 {
            #expect(action?.write != nil)
            action = bench.next(.notStored(away))
            if let reported = action?.reported {
                #expect(report == nil)
                report = reported
                action = bench.next(.reported)
            } else {
                let waiting = try #require(action?.waiting)
                rests.append(waiting.until - bench.moment.elapsed)
                bench.advance(rests.last ?? .zero)
                action = bench.next(.waited)
            }
            #expect(action?.isOpen == true)
            action = bench.next(.opened(OpenedSession(bench.leased, tokens: bench.opened.tokens)))
        }
        #expect(report?.unstoredTokens?.refreshToken?.value == Secret("refresh-new") && report?.kind == .store)
        #expect(rests.first == .milliseconds(100) && rests.last == .seconds(5))
        let write = try #require(action?.write)
        #expect(bench.next(.stored(write.session))?.success != nil)
    }

    @Test("Callers wait at most two seconds for a full disk, whatever the policy says")
    func fullDisk() throws {
        var policy = SessionPolicy()
        policy.storeTimeout = .seconds(60)
        var bench = MachineBench(policy: policy)
        bench.send()
        var action = bench.next(.answered(.success(bench.issued(refresh: "refresh-new"))))
        let begun = bench.moment.elapsed
        while action?.reported == nil {
            action = bench.next(.notStored(.full("the store")))
            guard let waiting = action?.waiting else { continue }
            bench.advance(waiting.until - bench.moment.elapsed)
            try #require(bench.moment.elapsed - begun < .seconds(10))
            _ = bench.next(.waited)
            action = bench.next(.opened(OpenedSession(bench.leased, tokens: bench.opened.tokens)))
        }
        #expect(action?.reported?.unstoredTokens?.refreshToken?.value == Secret("refresh-new"))
        #expect(action?.reported?.unstoredSession == bench.opened.session.id)
        // Storing it is retried for the life of the process.
        #expect(bench.next(.reported)?.isOpen == true)
    }

    @Test("A pair that can never be stored is returned")
    func unstorable() {
        for kind in [StoreError.Kind.readOnly, .damaged, .notFound, .unusable, .duplicate] {
            var bench = MachineBench()
            bench.send()
            _ = bench.next(.answered(.success(bench.issued())))
            let failure = bench.next(.notStored(StoreError(kind, "It cannot be.")))?.failure
            #expect(failure?.unstoredTokens?.accessToken?.value == Secret("access-new"))
        }
    }

    @Test("A failure that can't be recorded leaves the session unresolved and ends")
    func unnoted() {
        var bench = MachineBench()
        bench.send()
        var action = bench.next(.answered(.failure(IssuerError(.transient, "Timed out.", mayHaveTakenEffect: true))))
        var rounds = 0
        while action?.failure == nil, rounds < 50 {
            rounds += 1
            action = bench.next(.notStored(StoreError(.unavailable, "The disk is full.")))
            guard let waiting = action?.waiting else { break }
            bench.advance(waiting.until - bench.moment.elapsed)
            _ = bench.next(.waited)
            action = bench.next(.opened(OpenedSession(bench.leased, tokens: bench.opened.tokens)))
        }
        #expect(action?.failure?.kind == .transient)
    }

    @Test("Unrequested events change nothing")
    func unexpected() throws {
        var bench = MachineBench()
        #expect(bench.next(.waited) == nil)
        bench.send()
        #expect(bench.next(.opened(bench.opened)) == nil)
        #expect(bench.next(.leased(bench.leased)) == nil)
        #expect(bench.next(.stored(bench.leased)) == nil)
        let write = try #require(bench.next(.answered(.success(bench.issued())))?.write)
        #expect(bench.next(.answered(.success(bench.issued("other")))) == nil)
        #expect(bench.next(.stored(write.session))?.success?.tokens.accessToken?.value == Secret("access-new"))
        #expect(bench.next(.begun) == nil)
    }
}
