import Foundation
import VisitorSessions

/// The opened session: who it is, and what its tokens say.
enum DetailsLines {
    static func lines(_ model: Model, width: Int) -> [StyledLine] {
        guard let content = model.panes.content else { return [StyledLine("…", .dim)] }
        let reveal = model.reveal?.session == content.session.id ? model.reveal : nil
        return (reveal.map { revealed($0.tokens, width: width) } ?? [])
            + identity(content, model) + [StyledLine()] + token("access token", content.access, model)
            + [StyledLine()] + token("refresh token", content.refresh, model)
    }

    /// The tokens themselves, whole: they are asked for to be read or copied by hand.
    private static func revealed(_ tokens: Tokens, width: Int) -> [StyledLine] {
        [("access token", tokens.accessToken?.value), ("refresh token", tokens.refreshToken?.value)].flatMap {
            name, secret in
            [StyledLine(name, Style(.heading))]
                + (secret.map { StyledLine.wrapped($0.reveal(), width: max(width, 8), style: Style(.secret)) }
                    ?? [StyledLine("none", .dim)])
                + [StyledLine()]
        }
    }

    private static func identity(_ content: SessionDetails, _ model: Model) -> [StyledLine] {
        let session = content.session
        let state = model.state(of: session)
        let key = { (action: Action) in model.keymap.keyName(of: action) }
        var lines = [
            StyledLine("session", session.id.description),
            StyledLine("label", session.label.isEmpty ? "–  (\(key(.label)) edits it)" : session.label),
            StyledLine(
                "state", "\(state.glyph) \(state.rawValue)\(advice(state, model))", style: Style(state.role)),
            StyledLine("client", session.clientID),
            StyledLine("visitor", session.visitorID ?? "–"),
            StyledLine("role", session.role.rawValue),
            StyledLine("access ends", model.end(session.accessExpiry), style: Style(state.role)),
            StyledLine("refresh ends", model.end(session.refreshExpiry)),
            StyledLine("auto-renewal", session.autoRenew ? "on" : "off  (\(key(.autoRenew)) switches it on)"),
            StyledLine("created", model.past(session.createdAt)),
            StyledLine("renewed", renewals(session, model)),
        ]
        if let lease = session.lease, lease.deadline > model.shownAt {
            lines.append(StyledLine("renewed by", lease.holderName, style: Style(.renewing)))
        }
        lines += failures(session, model)
        if let problem = content.problem ?? session.damage {
            lines.append(StyledLine("problem", problem, style: Style(.error)))
        }
        return lines
    }

    private static func renewals(_ session: VisitorSession, _ model: Model) -> String {
        guard session.renewedAt != nil else { return "never" }
        let times = session.renewalCount == 1 ? "once" : "\(session.renewalCount) times"
        return "\(times), last \(model.past(session.renewedAt))"
    }

    /// The renewals that failed in a row, and how long nobody but a person tries again.
    private static func failures(_ session: VisitorSession, _ model: Model) -> [StyledLine] {
        guard session.failures > 0 else { return [] }
        let times = session.failures == 1 ? "once" : "\(session.failures) times in a row"
        let failed = StyledLine("failed", times, style: Style(.error))
        guard let rest = session.retryAt?.timeIntervalSince(model.shownAt), rest > 0 else { return [failed] }
        let key = model.keymap.keyName(of: .renew)
        return [failed, StyledLine("rests for", "\(Times.countdown(rest))  (\(key) tries at once)")]
    }

    private static func advice(_ state: SessionState, _ model: Model) -> String {
        let key = { (action: Action) in model.keymap.keyName(of: action) }
        return switch state {
        case .valid, .expiring: ""
        case .expired: " · the refresh token is alive: \(key(.renew)) renews"
        case .renewing: " · waiting for the issuer's answer"
        case .unresolved: " · sent, and no answer recorded: \(key(.renew)) finds out"
        case .refused: " · a new visitor is needed: \(key(.generate)) generates one"
        case .discarded: " · \(key(.restore)) takes it back"
        case .damaged: " · its row cannot be read; it is left alone"
        }
    }

    private static func token(_ title: String, _ token: TokenDescription?, _ model: Model) -> [StyledLine] {
        guard let token else { return [StyledLine(title, "none", style: .dim)] }
        let mask = "••••••••  \(token.length) characters, \(token.format)"
        let isReadable = !token.claims.isEmpty
        return [StyledLine(title, mask)]
            + token.claims.map { claim in
                switch claim.value {
                case .text(let text): StyledLine("  \(claim.name)", text, nameWidth: 18)
                case .time(let date): StyledLine("  \(claim.name)", moment(date, model), nameWidth: 18)
                }
            }
            + (isReadable
                ? [StyledLine("  signature", "not verified: only the issuer can", style: .dim, nameWidth: 18)] : [])
    }

    private static func moment(_ date: Date, _ model: Model) -> String {
        let left = date.timeIntervalSince(model.shownAt)
        let relative = left > 0 ? "in \(Times.countdown(left))" : Times.ago(date, at: model.shownAt)
        let shown = model.times == .local ? model.moment(date) : date.formatted(.iso8601)
        return "\(shown) (\(relative))"
    }
}
