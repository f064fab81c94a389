import Foundation
package import VisitorSessions
import WixHeadless

/// Follows the exchanges of a running application: makes and updates its sessions, and raises the alarm if a visitor is lost.
package actor LiveRun {
    /// What was seen so far.
    package struct Summary: Hashable, Sendable {
        package var calls = 0
        package var visitors = 0
        package var renewals = 0
        package var refusals = 0
        package var failures = 0

        /// Records that were dropped because the store didn't take them in time.
        package var dropped = 0

        /// The visitors that the application lost, each with the one that replaced it.
        package var lost: [Loss] = []

        package init() {}
    }

    /// A visitor whose renewal failed, and the one that the application started instead.
    package struct Loss: Hashable, Sendable {
        package let session: SessionID
        package let replacement: SessionID
    }

    /// A failed renewal, until its process requests an anonymous visitor.
    private struct FailedRenewal {
        var session: SessionID
        var process: Int32
        var at: Duration
    }

    /// A new visitor within this time after a failed renewal of the same process replaces the old one.
    private static let lossWindow = Duration.seconds(10)

    private let manager: SessionManager
    private let label: String
    private let clientID: String?
    private let say: @Sendable (String) -> Void
    private var failed: [FailedRenewal] = []
    package private(set) var summary = Summary()

    /// - Parameters:
    ///   - label: The label of new sessions.
    ///   - clientID: The client of requests that don't name one.
    ///   - say: Called with sentences for the person at the terminal.
    init(manager: SessionManager, label: String, clientID: String?, say: @escaping @Sendable (String) -> Void) {
        self.manager = manager
        self.label = label
        self.clientID = clientID
        self.say = say
    }

    /// Records one exchange.
    func take(_ exchange: Exchange) async {
        if summary.calls == 0 { say("Recording: the first call to the API was seen.") }
        summary.calls += 1
        do throws(SessionError) {
            if exchange.isTokenRequest, let request = ObservedTokenRequest(body: exchange.requestBody) {
                try await take(request, exchange)
            } else if let token = exchange.accessToken {
                try await take(token)
            }
        } catch {
            summary.dropped += 1
            if summary.dropped == 1 { say("Some calls can't be recorded: \(error.message)") }
        }
    }

    private func take(_ request: ObservedTokenRequest, _ exchange: Exchange) async throws(SessionError) {
        guard let token = request.refreshToken?.value else {
            guard case .success(let issued)? = result(request, exchange) else { return }
            let session = try await manager.recordVisitor(
                issued, label: label, clientID: request.clientID ?? clientID ?? "")
            summary.visitors += 1
            try await noteLoss(to: session.id, exchange)
            return
        }
        let result = result(request, exchange) ?? .failure(Self.noAnswer)
        switch result {
        case .success: summary.renewals += 1
        case .failure(let error) where error.kind == .refused: summary.refusals += 1
        case .failure: summary.failures += 1
        }
        var session = try await manager.recordRenewal(of: token, result)
        if session == nil, case .success(let issued) = result {
            var issued = issued
            issued.refreshToken = issued.refreshToken ?? request.refreshToken
            session = try await manager.recordVisitor(
                issued, label: label, clientID: request.clientID ?? clientID ?? "")
        }
        if case .failure = result, let session {
            failed.removeAll { $0.process == exchange.process && $0.session == session.id }
            failed.append(FailedRenewal(session: session.id, process: exchange.process, at: exchange.end))
        }
    }

    /// A call with an access token that no session holds is a visitor whose tokens were made before the run.
    private func take(_ token: Secret) async throws(SessionError) {
        guard try await manager.holder(of: token) == nil, !token.isPlaceholder else { return }
        let issued = IssuedTokens(accessToken: .reading(token), refreshToken: nil, requestID: nil, serverDate: nil)
        _ = try await manager.recordVisitor(issued, label: label, clientID: clientID ?? "")
        summary.visitors += 1
    }

    /// If the same process has just failed to renew a session, the new visitor replaces that one.
    private func noteLoss(to replacement: SessionID, _ exchange: Exchange) async throws(SessionError) {
        failed.removeAll { exchange.end - $0.at > Self.lossWindow }
        guard let index = failed.lastIndex(where: { $0.process == exchange.process && $0.session != replacement })
        else { return }
        let old = failed.remove(at: index).session
        summary.lost.append(Loss(session: old, replacement: replacement))
        say(
            "Visitor lost: the renewal of session \(old.prefix(8)) failed, and the application replaced it by \(replacement.prefix(8))."
        )
        try await manager.recordLoss(of: old, to: replacement)
    }

    /// `nil`: there was no complete response, or one that can't be read.
    private func result(_ request: ObservedTokenRequest, _ exchange: Exchange) -> Result<IssuedTokens, IssuerError>? {
        guard let status = exchange.status, !exchange.isCut, let body = exchange.decodedResponse else { return nil }
        let received = Date()
        let sent = received - (exchange.end - exchange.start)
        return request.result(
            status: status, requestID: exchange.requestID, body: body, sent: sent, received: received)
    }

    private static let noAnswer = IssuerError(
        .transient, "The application got no response.", mayHaveTakenEffect: true)
}

extension Date {
    fileprivate static func - (date: Date, duration: Duration) -> Date {
        date.addingTimeInterval(-duration.inSeconds)
    }
}
