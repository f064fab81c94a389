import Foundation
import InspectorCore
import VisitorSessions
import WixHeadless

/// The inspector's requests that test a session's access token, sent to the session's issuer and to probe URLs.
struct IssuerProbe: Sendable {
    /// The issuer in use, and its manager.
    var issuer: WixTokenIssuer
    var manager: SessionManager

    /// The URL of the default probe request. `nil`: the development issuer's.
    var usual: String?

    /// The URLs of the named probe requests, by name.
    var named: [String: String] = [:]

    func tokenInfo(_ token: Secret, of session: VisitorSession) async -> Notice {
        do {
            let own = manager.manager(for: session)
            let issuer =
                own === manager
                ? issuer : WixTokenIssuer(url: try IssuerURL(own.issuerName), transport: CurlTransport())
            let found = try await issuer.information(about: token, teaching: own)
            let lines: [(String, String?)] = [
                ("active", found.isActive ? "yes" : "no"), ("subject", found.subjectType),
                ("subject ID", found.subjectID), ("issued", found.issuedAt?.formatted(.iso8601)),
                ("expires", found.expiresAt?.formatted(.iso8601)), ("client", found.clientID), ("site", found.siteID),
                ("instance", found.instanceID),
            ]
            return Notice(
                title: "Token info", lines: lines.compactMap { name, value in value.map { .init(name, $0) } })
        } catch let error as IssuerError {
            let request = error.requestID.map { " (request \($0))" } ?? ""
            return Notice(title: "Token info", lines: [.init("failed", error.message + request, isFailure: true)])
        } catch {
            return Notice(title: "Token info", lines: [.init("failed", "\(error)", isFailure: true)])
        }
    }

    /// Sends a probe request, which shows whether an API accepts the token.
    ///
    /// - Parameter name: The name of a configured request. `nil`: the default one.
    func send(_ token: Secret, of session: VisitorSession, named name: String?) async -> Notice {
        @Sendable func notice(_ lines: Notice.Line...) -> Notice { Notice(title: "Probe", lines: lines) }
        guard let url = url(for: session, named: name) else {
            return notice(.init("not sent", reason(for: session, named: name), isFailure: true))
        }
        let own = manager.manager(for: session)
        let start = ContinuousClock.now
        let sent = own.clock.moment
        do throws(HTTPTransportError) {
            let response = try await CurlTransport().send(
                HTTPRequest("GET", url, headers: [("Authorization", token.reveal())]))
            // Another host's clock isn't the issuer's.
            if Self.issuerURL(of: own)?.hasSameOrigin(as: url) == true {
                await own.learnClock(response.serverDate, sent: sent)
            }
            let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
            var answer = notice(
                .init("request", "GET \(url.path)"),
                .init("status", "\(response.status)", isFailure: response.status >= 400),
                .init("took", "\(milliseconds) ms"))
            answer.body = Self.lines(of: response.body)
            return answer
        } catch {
            return notice(.init("failed", error.message, isFailure: true))
        }
    }

    /// The URL of the probe request: a configured one, or the development issuer's. For Wix it must be configured,
    /// because it depends on the site. `nil`: there is none, or tokens can't be sent there safely.
    func url(for session: VisitorSession, named name: String? = nil) -> URL? {
        if let configured = configured(for: session, name) { return Self.safeURL(configured) }
        let own = manager.manager(for: session)
        guard (session.issuer ?? own.issuerName) == own.issuerName, let issuer = Self.issuerURL(of: own), issuer != .wix
        else { return nil }
        return Self.safeURL(issuer.base.appending(path: "api/probe").absoluteString)
    }

    /// The configured URL, which gets only tokens from the issuer in use. `nil`: the session's are from another one.
    private func configured(for session: VisitorSession, _ name: String?) -> String? {
        guard (session.issuer ?? issuer.name) == issuer.name else { return nil }
        return name.flatMap { named[$0] } ?? usual
    }

    private func reason(for session: VisitorSession, named name: String?) -> String {
        guard let configured = configured(for: session, name) else { return InspectorTexts.noProbe }
        return """
            The URL of the probe is \(InputRedactor.quoted(configured)). Tokens are sent only over https, or over http to this \
            machine.
            """
    }

    /// The URL of a manager's issuer. `nil`: the issuer's name isn't a URL.
    private static func issuerURL(of manager: SessionManager) -> IssuerURL? { try? IssuerURL(manager.issuerName) }

    private static let bodyLineLimit = 500

    /// The lines of a response's body, without tokens. JSON is spread over several lines.
    private static func lines(of body: Data) -> [String] {
        var text = String(decoding: body.prefix(64 << 10), as: UTF8.self)
        // A body that isn't JSON is shown as it is.
        if let pretty = JSONText.pretty(body) { text = String(decoding: pretty.utf8.prefix(64 << 10), as: UTF8.self) }
        let lines = InputRedactor.withoutTokens(text).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        return lines.count > bodyLineLimit ? lines.prefix(bodyLineLimit) + ["…"] : lines
    }

    /// Whether the issuer in use responds. Sends no token.
    func issuerAnswers() async -> Bool {
        let sent = manager.clock.moment
        do throws(HTTPTransportError) {
            let answer = try await CurlTransport(timeout: .seconds(10)).send(HTTPRequest("GET", issuer.url.token))
            await manager.learnClock(answer.serverDate, sent: sent)
            return answer.status < 500
        } catch {
            return false
        }
    }

    private static func safeURL(_ text: String) -> URL? {
        URL(string: text).flatMap { $0.isSafeForTokens ? $0 : nil }
    }
}
