import Foundation
import TerminalText
import VisitorSessions

/// The text of the details pane: the session's properties, and its tokens' claims.
enum DetailsLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let content = model.panes.content else { return [StyledLine("…", .dim)] }
        let reveal = model.panes.reveal?.session == content.session.id ? model.panes.reveal : nil
        return (reveal.map { revealed($0.tokens, width: width) } ?? []) + properties(content, model, width: width)
            + [StyledLine()] + ClaimLines.lines(.access, content.access, model, width: width)
            + [StyledLine()] + ClaimLines.lines(.refresh, content.refresh, model, width: width)
    }

    private static func revealed(_ tokens: Tokens, width: Int) -> [StyledLine] {
        [
            (InspectorTexts.accessToken, tokens.accessToken?.value),
            (InspectorTexts.refreshToken, tokens.refreshToken?.value),
        ].flatMap { name, secret in
            let none = [StyledLine(InspectorTexts.none, .dim)]
            let token = secret.map { segments(of: $0.reveal(), width: max(width, 8)) }
            return [StyledLine(name, Style(.heading))] + (token ?? none) + [StyledLine()]
        }
    }

    /// A signed token's header, claims and signature in three colors.
    private static func segments(of token: String, width: Int) -> [StyledLine] {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        let roles: [Style.Role] = [.heading, .secret, .notice]
        let first = parts.count - roles.count
        guard first >= 0 else { return StyledLine.wrapped(token, width: width, style: Style(.secret)) }
        // The prefix before the header, such as “OauthNG.JWS”, and the dots are dimmed.
        let pieces = parts.enumerated().flatMap { index, part in
            let role = index < first ? .dim : roles[index - first]
            return (index > 0 ? [(".", Style.Role.dim)] : []) + part.map { (String($0), role) }
        }
        return stride(from: 0, to: pieces.count, by: width).map { start in
            var line = StyledLine()
            line.parts = pieces[start..<min(start + width, pieces.count)].map { ($0, Style($1)) }
            return line
        }
    }

    private static func properties(_ content: SessionDetails, _ model: Model, width: Int) -> [StyledLine] {
        let session = content.session
        let state = model.state(of: session)
        var lines: [StyledLine] = []
        func add(_ name: String, _ value: String, _ role: Style.Role = .plain) {
            lines += StyledLine.facts(name, value, width: width, style: Style(role))
        }
        let advice =
            state == .valid && session.accessExpiry == .unknown
            ? InspectorTexts.unknownExpiry(ask: model.key(.tokenInfo))
            : InspectorTexts.advice(
                state, session.refreshExpiry, renew: model.key(.renew), set: model.key(.set),
                generate: model.key(.generate), restore: model.key(.restore))
        let canAutoRenew = session.isInUse && session.refreshExpiry != .absent && state != .refused
        let renewals = InspectorTexts.renewals(session.renewalCount, last: model.pastText(session.renewedAt))

        add("session", session.id.description)
        add("label", session.label.isEmpty ? InspectorTexts.noLabel(edit: model.key(.label)) : session.label)
        let look = StateLook(session, state)
        add("state", "\(look.glyph) \(look.word)\(advice.map { " · \($0)" } ?? "")", look.role)
        add("client", session.clientID)
        add("issuer", session.issuer ?? InspectorTexts.unknownIssuer)
        add("visitor", session.visitorID ?? "–")
        add("role", session.role.rawValue)
        add("access expiry", model.expiryText(session.accessExpiry), look.role)
        add("refresh expiry", model.expiryText(session.refreshExpiry))
        add(
            "auto-renewal",
            session.autoRenew ? "on" : InspectorTexts.autoRenewOff(canAutoRenew ? model.key(.autoRenew) : nil))
        add("created", model.pastText(session.createdAt))
        add("renewed", session.renewedAt == nil ? "never" : renewals)
        if let discardedAt = session.discardedAt {
            let left = (discardedAt + model.policy.gracePeriod).timeIntervalSince(model.displayTime)
            add("purged", left > 0 ? InspectorTexts.after(Times.countdown(left)) : InspectorTexts.soon)
        }
        if let lease = session.lease, lease.deadline > model.displayTime {
            add("being renewed by", JournalEntry.name(ofActor: lease.holderName), .renewing)
        }
        if session.failures > 0 {
            add("failed", InspectorTexts.failures(session.failures), .error)
            let failure = content.history.first { $0.draft.event.isFailure && $0.draft.event != .lost }
            if let outcome = failure?.draft.outcome {
                add("last failure", outcome, .error)
            }
            if let rest = session.retryAt?.timeIntervalSince(model.displayTime), rest > 0 {
                let countdown = Times.countdown(rest)
                add("next attempt", InspectorTexts.after(countdown))
            }
        }
        if let live = content.live {
            add("live", InspectorTexts.live(live, last: Times.ago(live.lastRequestAt, at: model.displayTime)))
            add("requests", InspectorTexts.requests(live, key: model.key(.requests)))
        }
        if let hour = lastHour(content.history, model, width: width) { lines.append(hour) }
        if let problem = content.problem ?? session.damage { add("problem", problem, .error) }
        return lines
    }

    /// A chart of the last hour's renewal attempts, with failures marked. `nil`: there were no attempts.
    private static func lastHour(_ history: [JournalEntry], _ model: Model, width: Int) -> StyledLine? {
        let parts = min(30, max(width - 16, 1))
        var line = StyledLine(InspectorTexts.lastHour.padding(toWidth: 16), .dim)
        let ages = history.map { (age: model.displayTime.timeIntervalSince($0.at), event: $0.draft.event) }
        let tries = ages.filter { $0.age < 3600 && ($0.event == .renewed || $0.event.isFailure) }
        guard !tries.isEmpty else { return nil }
        for part in (0..<parts).reversed() {
            let events = tries.filter { Int(max($0.age, 0) * Double(parts) / 3600) == part }.map(\.event)
            let hasFailed = events.contains(where: \.isFailure)
            let sign = events.isEmpty ? "▁" : hasFailed ? "✖" : "█"
            line.parts.append((sign, Style(events.isEmpty ? .gauge : hasFailed ? .error : .notice)))
        }
        return line
    }
}
