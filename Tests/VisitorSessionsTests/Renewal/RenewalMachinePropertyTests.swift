import Foundation
import Testing

@testable import VisitorSessions

@Suite("The renewal machine under random events")
struct RenewalMachinePropertyTests {
    @Test(
        "No pair is lost, mixed or reported before it is stored; no token is sent without a lease; everything ends",
        arguments: [RenewalRequest.Urgency.demanded, .needed, .ahead])
    func promises(urgency: RenewalRequest.Urgency) {
        for seed in 0..<4000 as Range<UInt64> {
            var world = RandomWorld(seed: seed)
            let problem = run(&world, urgency, seed: seed)
            #expect(problem == nil && world.broken.isEmpty, "seed \(seed): \(problem ?? "") \(world.broken)")
            if problem != nil || !world.broken.isEmpty { return }
        }
    }

    /// Runs one renewal to its end. Returns what is wrong, if anything.
    private func run(_ world: inout RandomWorld, _ urgency: RenewalRequest.Urgency, seed: UInt64) -> String? {
        var policy = SessionPolicy()
        policy.attempts = Int(seed % 4) + 1
        let request = RenewalRequest(
            id: world.stored.session.id, urgency: urgency, observed: nil, issuer: "issuer", actor: "test 1")
        let jitter = Double(seed % 11) / 10
        var machine = RenewalMachine(request, policy: policy, backoff: Backoff(policy: policy, jitter: { jitter }))
        var event = RenewalMachine.Event.begun
        var sent = 0
        var told: Result<OpenedSession, SessionError>?
        for _ in 0..<500 {
            guard let action = machine.next(event, at: world.moment) else { return "It does not know what to do." }
            // Unrequested events are ignored.
            if machine.next(.begun, at: world.moment) != nil { return "It began twice." }
            if action.isSend { sent += 1 }
            if case .report(let result) = action { told = told ?? result }
            if case .finish(let result) = action { return judge(told ?? result, world, sent, policy) }
            guard let next = world.answer(action, holder: "me") else { return "It went on after its end." }
            event = next
        }
        return "It does not end."
    }

    private func judge(
        _ told: Result<OpenedSession, SessionError>, _ world: RandomWorld, _ sent: Int, _ policy: SessionPolicy
    ) -> String? {
        if sent > policy.attempts { return "It asked \(sent) times." }
        let session = world.stored.session
        let isKept = world.stored.tokens.refreshToken?.value == world.takenRefreshToken
        let isUnresolved = session.sentAt != nil || session.refusedAt != nil
        switch told {
        case .success(let opened):
            if world.issued.contains(opened.tokens), !isKept, !world.isSetByOthers {
                return "It told of a pair that is not stored."
            }
        case .failure(let error):
            if isKept || isUnresolved || world.isSetByOthers || error.unstoredTokens != nil { break }
            return "A pair is lost: \(error)"
        }
        if world.isDiscarded, session.discardedAt == nil { return "It was restored." }
        return isKept || isUnresolved || world.isSetByOthers ? nil : "The session has lost its token."
    }
}
