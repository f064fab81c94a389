import Foundation
import VisitorSessions
import WixHeadless

/// Checks the issuer without creating a visitor, by the way it refuses a made-up refresh token.
struct IssuerCheckup {
    /// The tolerated clock difference in seconds. With a larger one, programs that trust this machine's clock would
    /// noticeably misjudge expiry.
    private static let tolerance = 5.0

    let url: IssuerURL
    let manager: SessionManager
    let clientID: String?
    let environment: [String: String]

    func findings() async -> [Finding] {
        await [reachability(), clock(), proxy()] + [trust()].compactMap(\.self)
    }

    private func reachability() async -> Finding {
        guard let clientID else {
            return .bad(
                "client ID", "not set",
                "Use --client-id, WIX_CLIENT_ID or client-id in a profile.")
        }
        let issuer = WixTokenIssuer(url: url, transport: CurlTransport(timeout: .seconds(10)))
        do {
            _ = try await issuer.renew(RefreshToken(Secret("JWS.check-up")), clientID: clientID)
            return .note("issuer", "\(url) accepted a refresh token that doesn't exist")
        } catch {
            switch error.kind {
            case .refused: return .good("issuer", "\(url) is reachable; client ID accepted")
            case .configuration:
                return .bad("issuer", error.message, "Check the client ID in the project's Headless Settings.")
            case .transient where error.status == nil:
                return .bad("issuer", error.message, "Check the address, the network and the proxy.")
            case .transient, .unknown, .cancelled:
                return .bad("issuer", "\(error.message) (status \(error.status ?? 0))", "Try again later.")
            }
        }
    }

    private func clock() async -> Finding {
        let before = Date()
        let sent = manager.clock.moment
        do {
            let answer = try await CurlTransport(timeout: .seconds(10)).send(HTTPRequest("GET", url.token))
            guard let date = answer.serverDate else {
                return .note("clock", "the issuer sends no Date header")
            }
            await manager.learnClock(date, sent: sent)
            // `Date` has whole seconds and was written sometime during the round trip.
            let halfWay = Date().timeIntervalSince(before) / 2
            let offset = before.addingTimeInterval(halfWay).timeIntervalSince(date) - 0.5
            let certain = max(0, abs(offset) - halfWay)
            let seconds = Int(certain.rounded())
            let text =
                seconds <= 1
                ? "in sync with the issuer"
                : "\(seconds) s \(offset < 0 ? "behind" : "ahead of") the issuer"
            return certain <= Self.tolerance
                ? .good("clock", text)
                : .bad(
                    "clock", text,
                    "Expiry follows the issuer's clock anyway. Synchronize this machine's clock (NTP).")
        } catch {
            return .note("clock", "can't be checked: \(error.message)")
        }
    }

    private func proxy() -> Finding {
        let names = set(["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"])
        return .good("proxy", names.map { "set by \($0)" } ?? "none")
    }

    private func trust() -> Finding? {
        set(["SSL_CERT_FILE", "SSL_CERT_DIR"]).map { .note("trust", "custom certificate authorities: \($0)") }
    }

    /// The names of the variables that are set, for display. `nil`: none is set.
    private func set(_ names: [String]) -> String? {
        names.filter { environment[$0]?.nonEmpty != nil }.joined(separator: ", ").nonEmpty
    }
}

/// Decrypts stored tokens, the only way to find altered ones. Changes nothing.
struct TokenCheckup {
    /// How many sessions to check by default, few enough to take only seconds even with a remote server.
    private static let defaultLimit = 1_000
    private static let pageSize = 500
    private static let namedLimit = 5

    let context: CommandContext

    /// Where the keys are, for messages.
    let keys: String

    /// Whether to check all sessions.
    let checksAll: Bool

    func finding() async throws -> Finding {
        let counts = try await context.store.counts(at: context.now(), policy: context.manager.policy)
        let (opened, altered) = try await open(of: counts.total)
        let damaged = counts[.damaged] + altered.count
        guard damaged > 0 else {
            guard opened < counts.total else { return .good("sessions", "\(counts.total) stored, none damaged") }
            return .good(
                "sessions", "\(counts.total) stored; the newest \(opened) can be decrypted",
                "Run `session-inspector doctor --all` to check all of them.")
        }
        let unreadable =
            counts[.damaged] == 0
            ? [] : try await context.store.page(query([.damaged], limit: Self.namedLimit)).map(\.id)
        let names = (altered + unreadable).prefix(Self.namedLimit).map(\.description).joined(separator: ", ")
        let others = damaged > Self.namedLimit ? " and others" : ""
        return .bad(
            "sessions",
            "\(damaged) of \(counts.total) \(damaged == 1 ? "is" : "are") damaged: \(names)\(others)",
            "`show` explains each. Add a missing key to \(keys); restore altered tokens from a backup."
        )
    }

    /// How many sessions were checked, and those whose tokens can't be decrypted although their rows are readable.
    private func open(of total: Int) async throws -> (count: Int, altered: [SessionID]) {
        var altered: [SessionID] = []
        var count = 0
        var progress = Progress("sessions checked", of: checksAll ? total : min(total, Self.defaultLimit))
        defer { progress.hide() }
        try await context.pages(query(Set(SessionState.allCases), limit: Self.pageSize)) { page in
            for session in page where session.damage == nil {
                do throws(StoreError) {
                    _ = try await context.store.opened(session.id)
                } catch {
                    guard error.kind == .damaged else { throw error }
                    altered.append(session.id)
                }
                progress.step()
            }
            count += page.count
            return checksAll || count < Self.defaultLimit
        }
        return (count, altered)
    }

    private func query(_ states: Set<SessionState>, limit: Int) -> SessionQuery {
        var filter = SessionFilter()
        filter.states = states
        return SessionQuery(
            filter: filter, sort: SessionSort(.created, descending: true), limit: limit, now: context.now(),
            policy: context.manager.policy)
    }
}
