import Foundation
import InspectorCore
import VisitorSessions
import WixHeadless

/// The inspector's requests to the issuer about a token.
enum IssuerProbe {
    static func tokenInfo(_ token: Secret, _ issuer: WixTokenIssuer, _ manager: SessionManager) async -> Notice {
        do {
            let found = try await issuer.information(about: token, teaching: manager)
            let lines: [(String, String?)] = [
                ("active", found.isActive ? "yes" : "no"), ("subject", found.subjectType),
                ("subject ID", found.subjectID), ("issued", found.issuedAt?.formatted(.iso8601)),
                ("expires", found.expiresAt?.formatted(.iso8601)), ("client", found.clientID), ("site", found.siteID),
                ("instance", found.instanceID),
            ]
            return Notice(
                title: "Token info", lines: lines.compactMap { name, value in value.map { .init(name, $0) } })
        } catch {
            let request = error.requestID.map { " (request \($0))" } ?? ""
            return Notice(title: "Token info", lines: [.init("failed", error.message + request, isFailure: true)])
        }
    }

    /// The probe request of a name, or the one without.
    static func probe(
        _ url: IssuerURL, _ manager: SessionManager, configured: String?, named: [String: String]
    ) -> (@Sendable (Secret, String?) async -> Notice)? {
        let usual = probe(url, manager, configured: configured)
        let probes = named.compactMapValues { probe(url, manager, configured: $0) }
        guard usual != nil || !probes.isEmpty else { return nil }
        return { token, name in
            guard let send = name.flatMap({ probes[$0] }) ?? usual else {
                return Notice(title: "Probe", lines: [.init("not sent", InspectorTexts.noProbe, isFailure: true)])
            }
            return await send(token)
        }
    }

    /// A request that shows whether an API accepts the token: the configured URL, or the development issuer's. `nil` if
    /// there is neither; at Wix it depends on the site.
    ///
    /// - Parameter configured: The URL in the configuration.
    static func probe(
        _ url: IssuerURL, _ manager: SessionManager, configured: String?
    ) -> (@Sendable (Secret) async -> Notice)? {
        @Sendable func notice(_ lines: Notice.Line...) -> Notice { Notice(title: "Probe", lines: lines) }
        if let configured, safeURL(configured) == nil {
            let reason = """
                The URL of the probe is \(InputRedactor.quoted(configured)). Tokens are sent only over https, or over http to this \
                machine.
                """
            return { _ in notice(.init("not sent", reason, isFailure: true)) }
        }
        guard let probe = self.url(url, configured: configured) else { return nil }
        return { token in
            let start = ContinuousClock.now
            let sent = manager.clock.moment
            do throws(HTTPTransportError) {
                let response = try await CurlTransport().send(
                    HTTPRequest("GET", probe, headers: [("Authorization", token.reveal())]))
                // Another host's clock isn't the issuer's.
                if url.hasSameOrigin(as: probe) { await manager.learnClock(response.serverDate, sent: sent) }
                let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
                var answer = notice(
                    .init("request", "GET \(probe.path)"),
                    .init("status", "\(response.status)", isFailure: response.status >= 400),
                    .init("took", "\(milliseconds) ms"))
                answer.body = lines(of: response.body)
                return answer
            } catch {
                return notice(.init("failed", error.message, isFailure: true))
            }
        }
    }

    /// The URL of the probe request. `nil`: there is none.
    static func url(_ issuer: IssuerURL, configured: String?) -> URL? {
        let development = issuer == .wix ? nil : safeURL(issuer.base.appending(path: "api/probe").absoluteString)
        return configured.flatMap(safeURL) ?? development
    }

    private static let bodyLineLimit = 500

    /// A response's body, JSON in several lines, without tokens.
    private static func lines(of body: Data) -> [String] {
        var text = String(decoding: body.prefix(64 << 10), as: UTF8.self)
        // Not JSON: shown as it is.
        if let pretty = JSONText.pretty(body) { text = String(decoding: pretty.utf8.prefix(64 << 10), as: UTF8.self) }
        let lines = InputRedactor.withoutTokens(text).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        return lines.count > bodyLineLimit ? lines.prefix(bodyLineLimit) + ["…"] : lines
    }

    /// Whether the issuer responds. Sends no token.
    static func answers(_ url: IssuerURL, _ manager: SessionManager) async -> Bool {
        let sent = manager.clock.moment
        do throws(HTTPTransportError) {
            let answer = try await CurlTransport(timeout: .seconds(10)).send(HTTPRequest("GET", url.token))
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
