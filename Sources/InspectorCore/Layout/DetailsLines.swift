import Foundation
import TerminalText
import VisitorSessions

/// The text of the details pane: the session's properties, and its tokens' claims.
enum DetailsLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let content = model.panes.content else { return [StyledLine("…", .dim)] }
        let reveal = model.panes.reveal?.session == content.session.id ? model.panes.reveal : nil
        return (reveal.map { revealed($0.tokens, width: width) } ?? []) + properties(content, model, width: width)
            + [StyledLine()] + token(InspectorTexts.accessToken, content.access, model, width)
            + [StyledLine()] + token(InspectorTexts.refreshToken, content.refresh, model, width)
    }

    private static func revealed(_ tokens: Tokens, width: Int) -> [StyledLine] {
        [
            (InspectorTexts.accessToken, tokens.accessToken?.value),
            (InspectorTexts.refreshToken, tokens.refreshToken?.value),
        ].flatMap { name, secret in
            let none = [StyledLine(InspectorTexts.none, .dim)]
            let token = secret.map { StyledLine.wrapped($0.reveal(), width: max(width, 8), style: Style(.secret)) }
            return [StyledLine(name, Style(.heading))] + (token ?? none) + [StyledLine()]
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
                state, renew: model.key(.renew), generate: model.key(.generate), restore: model.key(.restore))
        let canAutoRenew = session.isInUse && session.refreshExpiry != .absent && state != .refused
        let renewals = InspectorTexts.renewals(session.renewalCount, last: model.pastText(session.renewedAt))

        add("session", session.id.description)
        add("label", session.label.isEmpty ? InspectorTexts.noLabel(edit: model.key(.label)) : session.label)
        let look = StateLook(session, state)
        add("state", "\(look.glyph) \(look.word)\(advice.map { " · \($0)" } ?? "")", look.role)
        add("client", session.clientID)
        add("visitor", session.visitorID ?? "–")
        add("role", session.role.rawValue)
        add("access expires", model.expiryText(session.accessExpiry), look.role)
        add("refresh expires", model.expiryText(session.refreshExpiry))
        add(
            "auto-renewal",
            session.autoRenew ? "on" : InspectorTexts.autoRenewOff(canAutoRenew ? model.key(.autoRenew) : nil))
        add("created", model.pastText(session.createdAt))
        add("renewed", session.renewedAt == nil ? "never" : renewals)
        if let discardedAt = session.discardedAt {
            let left = (discardedAt + model.policy.gracePeriod).timeIntervalSince(model.displayTime)
            add("purged", left > 0 ? InspectorTexts.after(Times.countdown(left)) : InspectorTexts.anyTime)
        }
        if let lease = session.lease, lease.deadline > model.displayTime {
            add("renewed by", lease.holderName, .renewing)
        }
        if session.failures > 0 {
            add("failed", InspectorTexts.failures(session.failures), .error)
            if let outcome = content.history.first(where: { $0.draft.event.isFailure })?.draft.outcome {
                add("last failure", outcome, .error)
            }
            if let rest = session.retryAt?.timeIntervalSince(model.displayTime), rest > 0 {
                let countdown = Times.countdown(rest)
                add(
                    "next attempt",
                    state == .renewing
                        ? InspectorTexts.after(countdown)
                        : InspectorTexts.nextAttempt(countdown, renew: model.key(.renew)))
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

    /// The renewals of the last hour, and the failed ones. `nil`: none were tried.
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

    private static func token(_ title: String, _ token: TokenDescription?, _ model: Model, _ width: Int) -> [StyledLine]
    {
        guard let token else { return [StyledLine(title, InspectorTexts.none, style: .dim)] }
        let head = StyledLine.facts(title, InspectorTexts.token(token), width: width)
        guard !token.claims.isEmpty else { return head }
        let nameWidth = min(max((token.claims.map { $0.name.count }.max() ?? 0) + 4, 18), max(width / 2, 18))
        let claims = token.claims.flatMap { claim in
            let value =
                switch claim.value {
                case .text(let text): text
                case .time(let date): moment(date, model)
                }
            return StyledLine.facts("  \(claim.name)", value, width: width, nameWidth: nameWidth)
        }
        return head + claims
            + StyledLine.facts(
                "  signature", InspectorTexts.notVerified, width: width, style: .dim, nameWidth: nameWidth)
    }

    private static func moment(_ date: Date, _ model: Model) -> String {
        let left = date.timeIntervalSince(model.displayTime)
        let relative = left > 0 ? InspectorTexts.after(Times.countdown(left)) : Times.ago(date, at: model.displayTime)
        let shown = model.times == .local ? model.dateText(date) : date.formatted(.iso8601)
        return "\(shown) (\(relative))"
    }
}
