import Foundation
import TerminalText
import VisitorSessions

/// The session in the details: its properties, and what its tokens say.
enum DetailsLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let content = model.panes.content else { return [StyledLine("…", .dim)] }
        let reveal = model.panes.reveal?.session == content.session.id ? model.panes.reveal : nil
        return (reveal.map { revealed($0.tokens, width: width) } ?? [])
            + identity(content, model).flatMap { StyledLine.facts($0.name, $0.value, width: width, style: $0.style) }
            + [StyledLine()] + token(InspectorTexts.accessToken, content.access, model, width)
            + [StyledLine()] + token(InspectorTexts.refreshToken, content.refresh, model, width)
    }

    private struct Fact {
        var name: String
        var value: String
        var style: Style

        init(_ name: String, _ value: String, style: Style = .plain) {
            self.name = name
            self.value = value
            self.style = style
        }
    }

    /// The whole tokens.
    private static func revealed(_ tokens: Tokens, width: Int) -> [StyledLine] {
        [
            (InspectorTexts.accessToken, tokens.accessToken?.value),
            (InspectorTexts.refreshToken, tokens.refreshToken?.value),
        ].flatMap { name, secret in
            [StyledLine(name, Style(.heading))]
                + (secret.map { StyledLine.wrapped($0.reveal(), width: max(width, 8), style: Style(.secret)) }
                    ?? [StyledLine(InspectorTexts.none, .dim)])
                + [StyledLine()]
        }
    }

    private static func identity(_ content: SessionDetails, _ model: Model) -> [Fact] {
        let session = content.session
        let state = model.state(of: session)
        let advice = advice(state, model).map { " · \($0)" } ?? ""
        var lines = [
            Fact("session", session.id.description),
            Fact("label", session.label.isEmpty ? InspectorTexts.noLabel(edit: model.key(.label)) : session.label),
            Fact(
                "state", "\(state.glyph) \(state.rawValue)\(advice)", style: Style(state.role)),
            Fact("client", session.clientID),
            Fact("visitor", session.visitorID ?? "–"),
            Fact("role", session.role.rawValue),
            Fact("access expires", model.end(session.accessExpiry), style: Style(state.role)),
            Fact("refresh expires", model.end(session.refreshExpiry)),
            Fact("auto-renewal", autoRenewal(session, model)),
            Fact("created", model.past(session.createdAt)),
            Fact("renewed", renewals(session, model)),
        ]
        if let discardedAt = session.discardedAt {
            let left = (discardedAt + model.policy.gracePeriod).timeIntervalSince(model.shownAt)
            lines.append(
                Fact("purged", left > 0 ? InspectorTexts.after(Times.countdown(left)) : InspectorTexts.anyTime))
        }
        if let lease = session.lease, lease.deadline > model.shownAt {
            lines.append(Fact("renewed by", lease.holderName, style: Style(.renewing)))
        }
        lines += failures(session, model)
        if let problem = content.problem ?? session.damage {
            lines.append(Fact("problem", problem, style: Style(.error)))
        }
        return lines
    }

    private static func autoRenewal(_ session: VisitorSession, _ model: Model) -> String {
        if session.autoRenew { return "on" }
        let canBe = session.isInUse && session.refreshExpiry != .absent && model.state(of: session) != .refused
        return InspectorTexts.autoRenewOff(canBe ? model.key(.autoRenew) : nil)
    }

    private static func renewals(_ session: VisitorSession, _ model: Model) -> String {
        guard session.renewedAt != nil else { return "never" }
        return InspectorTexts.renewals(session.renewalCount, last: model.past(session.renewedAt))
    }

    /// How many renewals failed in a row, and when the next attempt is.
    private static func failures(_ session: VisitorSession, _ model: Model) -> [Fact] {
        guard session.failures > 0 else { return [] }
        let failed = Fact("failed", InspectorTexts.failures(session.failures), style: Style(.error))
        guard let rest = session.retryAt?.timeIntervalSince(model.shownAt), rest > 0 else { return [failed] }
        let countdown = Times.countdown(rest)
        if model.state(of: session) == .renewing {
            return [failed, Fact("next attempt", InspectorTexts.after(countdown))]
        }
        return [failed, Fact("next attempt", InspectorTexts.nextAttempt(countdown, renew: model.key(.renew)))]
    }

    private static func advice(_ state: SessionState, _ model: Model) -> String? {
        InspectorTexts.advice(
            state, renew: model.key(.renew), generate: model.key(.generate), restore: model.key(.restore))
    }

    private static func token(
        _ title: String, _ token: TokenDescription?, _ model: Model, _ width: Int
    ) -> [StyledLine] {
        guard let token else { return [StyledLine(title, InspectorTexts.none, style: .dim)] }
        let mask = InspectorTexts.token(token)
        let nameWidth = min(max((token.claims.map { $0.name.count }.max() ?? 0) + 4, 18), max(width / 2, 18))
        let claims = token.claims.flatMap { claim in
            let value =
                switch claim.value {
                case .text(let text): text
                case .time(let date): moment(date, model)
                }
            return StyledLine.facts("  \(claim.name)", value, width: width, nameWidth: nameWidth)
        }
        guard !claims.isEmpty else { return StyledLine.facts(title, mask, width: width) }
        return StyledLine.facts(title, mask, width: width) + claims
            + StyledLine.facts(
                "  signature", InspectorTexts.notVerified, width: width, style: .dim, nameWidth: nameWidth)
    }

    private static func moment(_ date: Date, _ model: Model) -> String {
        let left = date.timeIntervalSince(model.shownAt)
        let relative = left > 0 ? InspectorTexts.after(Times.countdown(left)) : Times.ago(date, at: model.shownAt)
        let shown = model.times == .local ? model.moment(date) : date.formatted(.iso8601)
        return "\(shown) (\(relative))"
    }
}
