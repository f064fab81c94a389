import Foundation
import InspectorCore
import VisitorSessions
import WixHeadless

/// What the inspector asks an issuer about a token.
enum Questions {
    static func tokenInfo(_ token: Secret, _ issuer: WixTokenIssuer) async -> Notice {
        do {
            let found = try await issuer.information(about: token)
            let lines: [(String, String?)] = [
                ("active", found.isActive ? "yes" : "no"), ("subject", found.subjectType),
                ("subject ID", found.subjectID), ("issued", found.issuedAt?.formatted(.iso8601)),
                ("ends", found.expiresAt?.formatted(.iso8601)), ("client", found.clientID), ("site", found.siteID),
                ("instance", found.instanceID),
            ]
            return Notice(
                title: "token info", lines: lines.compactMap { name, value in value.map { .init(name, $0) } })
        } catch {
            let request = error.requestID.map { " (request \($0))" } ?? ""
            return Notice(title: "token info", lines: [.init("failed", error.message + request, isFailure: true)])
        }
    }

    /// The request that shows whether an API takes the token. Known of the configuration, of the development issuer, and of what
    /// speaks as it does; at Wix it depends on the site.
    ///
    /// - Parameter configured: Where the configuration sends it.
    static func probe(_ url: IssuerURL, configured: String?) -> (@Sendable (Secret) async -> Notice)? {
        let development = url == .wix ? nil : url.base.appending(path: "api/probe")
        guard let probe = configured.flatMap({ URL(string: $0) }) ?? development else { return nil }
        // A token is not sent where others can read it on its way.
        guard probe.scheme == "https" || ["127.0.0.1", "::1", "localhost"].contains(probe.host()) else { return nil }
        return { token in
            let start = ContinuousClock.now
            do throws(HTTPTransportError) {
                let response = try await URLSessionTransport().send(
                    HTTPRequest("GET", probe, headers: [("Authorization", token.reveal())]))
                let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
                return Notice(
                    title: "probe",
                    lines: [
                        .init("request", "GET \(probe.path)"),
                        .init("status", "\(response.status)", isFailure: response.status >= 400),
                        .init("took", "\(milliseconds) ms"),
                    ])
            } catch {
                return Notice(title: "probe", lines: [.init("failed", error.message, isFailure: true)])
            }
        }
    }
}
