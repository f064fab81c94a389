import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions
import WixHeadless

struct ShowCommand: BackgroundCommand {
    private static let historyLimit = 20

    static let configuration = CommandConfiguration(
        commandName: "show", _superCommandName: Program.name,
        abstract: "Show a session's state, times, claims and history.",
        discussion: "Example: session-inspector show 3f2a91")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Flag(help: "Show the tokens.")
    var reveal = false

    @Flag(help: "Show the requests that were recorded while an application used the session, newest first.")
    var requests = false

    @Flag(help: "Print a JSON object.")
    var json = false

    func perform() async throws {
        let context = try await CommandContext(options, as: "show")
        let found = try await context.store.find(session)
        // Sessions whose tokens can't be decrypted still have readable fields.
        var opened: OpenedSession?
        do {
            opened = try await context.store.opened(found.id)
        } catch {
            guard error.kind == .damaged, !reveal else { throw error }
            StandardError.say(error.message)
        }
        let session = opened?.session ?? found
        let live = try await context.store.liveSessions(among: [session.id])[session.id]
        let recorded =
            requests ? try await context.store.requests(of: session.id, limit: RequestLimits.perSession) : nil
        let history = try await context.store.history(of: session.id, limit: Self.historyLimit)
        if json {
            let document = context.document(
                session, tokens: reveal ? opened?.tokens : nil, live: live, requests: recorded,
                claimsOf: opened?.tokens, history: history)
            return try StandardOutput.say(document.json())
        }
        for line in lines(session, opened?.tokens, live, history, context) { try StandardOutput.say(line) }
        if let recorded {
            try StandardOutput.say(recorded.isEmpty ? "no recorded requests" : "requests")
            for request in recorded {
                let text = RequestDocument(request: request).text
                try StandardOutput.say(FactLine.text("  \(request.draft.at.formatted(.iso8601))", text))
            }
        }
    }

    private func lines(
        _ session: VisitorSession, _ tokens: Tokens?, _ live: LiveSession?, _ history: [JournalEntry],
        _ context: CommandContext
    ) -> [String] {
        let now = context.now()
        let state = session.state(at: now, policy: context.manager.policy)
        let facts = [
            ("session", session.id.description), ("label", session.label), ("state", state.rawValue),
            ("client", session.clientID == VisitorSession.unknownClientID ? "–" : session.clientID),
            ("issuer", session.issuer ?? "–"), ("visitor", session.visitorID ?? "–"), ("role", session.role.rawValue),
            ("access expiry", expiry(session.accessExpiry, now)),
            ("refresh expiry", expiry(session.refreshExpiry, now)),
            ("created", moment(session.createdAt, now)),
            (
                "renewed",
                moment(session.renewedAt, now) + (session.renewalCount > 0 ? " (×\(session.renewalCount))" : "")
            ),
            ("version", "\(session.version)"),
        ]
        return (facts + (live.map(use) ?? [])).map(FactLine.text)
            + (session.damage.map { [FactLine.text("damage", $0)] } ?? [])
            + describe("access token", tokens?.accessToken?.value, now)
            + describe("refresh token", tokens?.refreshToken?.value, now)
            + (history.isEmpty ? [] : ["history"])
            + history.map { entry in
                let words = [
                    entry.draft.event.name, entry.draft.outcome, entry.draft.tookText,
                    entry.draft.requestID.map { "request \($0)" },
                ]
                let text = words.compactMap(\.self).joined(separator: " · ")
                return FactLine.text(
                    "  \(entry.at.formatted(.iso8601))", "\(text) · \(entry.draft.byActor)"
                )
            }
    }

    /// How an application uses or used the session.
    private func use(_ live: LiveSession) -> [(String, String)] {
        let last = "\(live.lastOutcome.lastText), \(Times.ago(live.lastRequestAt, at: Date()))"
        return [
            (live.isLive ? "live in" : "was live in", live.source.text(process: live.process)),
            ("requests", "\(live.requestCount); \(last)"),
        ]
    }

    private func describe(_ title: String, _ token: Secret?, _ now: Date) -> [String] {
        guard let token else { return [] }
        let decoded = DecodedToken(token)
        let shown =
            reveal ? token.reveal() : "•••••••• (\(token.reveal().count) characters, \(decoded.format.description))"
        return [FactLine.text(title, shown)]
            + decoded.claims.map { claim in
                let value = if case .date(let date) = claim.value { moment(date, now) } else { claim.value.description }
                return FactLine.text("  \(claim.name)", value)
            }
    }

    private func expiry(_ expiry: TokenExpiry, _ now: Date) -> String {
        let left = Times.left(expiry, at: now)
        return expiry.date.map { "\($0.formatted(.iso8601)) (\(left))" } ?? left
    }

    private func moment(_ date: Date?, _ now: Date) -> String {
        guard let date else { return "never" }
        let relative = date > now ? "in \(Times.countdown(date.timeIntervalSince(now)))" : Times.ago(date, at: now)
        return "\(date.formatted(.iso8601)) (\(relative))"
    }
}

struct InfoCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Ask the issuer whether a session's access token is valid, and whose it is.",
        discussion: "Example: session-inspector info 3f2a91 --refresh-token")

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Flag(help: "Ask about the refresh token instead.")
    var refreshToken = false

    @Flag(help: "Print a JSON object.")
    var json = false

    func perform() async throws {
        let context = try await CommandContext(options, as: "info")
        let found = try await context.store.find(session)
        let manager = context.manager.manager(for: found)
        let opened = try await context.renewing(found.id) { try await manager.openForIssuer(found.id) }
        let token = refreshToken ? opened.tokens.refreshToken?.value : opened.tokens.accessToken?.value
        guard let token else {
            throw Failure(.unreadableInput, "Session \(found.id) has no \(refreshToken ? "refresh" : "access") token.")
        }
        let information = try await context.interruptible {
            try await WixTokenIssuer(url: try IssuerURL(manager.issuerName), transport: context.transport)
                .information(about: token, teaching: manager)
        }
        let facts: [(name: String, value: String?)] = [
            ("active", information.isActive ? "true" : "false"), ("subjectType", information.subjectType),
            ("subjectID", information.subjectID), ("issuedAt", SessionDocument.time(information.issuedAt)),
            ("expiresAt", SessionDocument.time(information.expiresAt)), ("clientID", information.clientID),
            ("siteID", information.siteID), ("instanceID", information.instanceID),
        ]
        if json {
            var object = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, JSONText.string($0.value)) })
            object["active"] = .bool(information.isActive)
            return try StandardOutput.say(try JSONText.object(object))
        }
        for fact in facts { try StandardOutput.say(FactLine.text(fact.name, fact.value ?? "–")) }
    }
}
