import Foundation
import VisitorSessions

/// The opened session: who it is, what its tokens say, and what happened to it.
enum DetailsView {
    /// From this width on the session stands beside its tokens.
    private static let wide = 100

    static func draw(_ details: Model.Details, of model: Model, in frame: inout Frame) {
        let layout = model.layout
        guard layout.detailsHeight > 1 else { return }
        let columns = columns(details, of: model, width: frame.size.width)
        let border = Style(model.pane == .details ? .accent : .dim)
        frame.fill("─", row: layout.detailsTop, columns: 0..<frame.size.width, style: border)
        frame.put(" details ", row: layout.detailsTop, column: 2, style: Style(.title, bold: model.pane == .details))

        let height = layout.detailsHeight - 1
        let columnWidth = frame.size.width / columns.count
        for (place, lines) in columns.enumerated() {
            for (offset, line) in lines.dropFirst(details.scroll).prefix(height).enumerated() {
                line.draw(
                    row: layout.detailsTop + 1 + offset, column: place * columnWidth + 2,
                    limit: (place + 1) * columnWidth, in: &frame)
            }
        }
        let hidden = scrollLimit(of: model) - details.scroll
        if hidden > 0 {
            let hint = " \(hidden) more ↓ (Tab, then j) "
            frame.put(
                hint, row: layout.detailsTop, column: frame.size.width - DisplayWidth.of(hint) - 2, style: .dim)
        }
        if model.pane == .details { frame.cursor = Place(row: layout.detailsTop + 1, column: 2) }
    }

    /// How far the details can be scrolled.
    static func scrollLimit(of model: Model) -> Int {
        guard let details = model.details else { return 0 }
        let lines = columns(details, of: model, width: model.size.width).map(\.count).max() ?? 0
        return max(lines - (model.layout.detailsHeight - 1), 0)
    }

    private static func columns(_ details: Model.Details, of model: Model, width: Int) -> [[StyledLine]] {
        guard let content = details.content else { return [[StyledLine("…", .dim)]] }
        let session = identity(content, model)
        let tokens =
            token("access token", content.access, model) + [StyledLine()]
            + token("refresh token", content.refresh, model)
        let history = [StyledLine()] + history(content.history, model)
        return width >= wide ? [session + history, tokens] : [session + [StyledLine()] + tokens + history]
    }

    private static func identity(_ content: SessionDetails, _ model: Model) -> [StyledLine] {
        let session = content.session
        let state = model.state(of: session)
        var lines = [
            StyledLine("session", session.id.description),
            StyledLine("label", session.label.isEmpty ? "–" : session.label),
            StyledLine("state", "\(state.glyph) \(state.rawValue)\(explanation(state))", style: Style(state.role)),
            StyledLine("client", session.clientID),
            StyledLine("visitor", session.visitorID ?? "–"),
            StyledLine("role", session.role.rawValue),
            StyledLine("access ends", Times.left(session.accessExpiry, at: model.now), style: Style(state.role)),
            StyledLine("refresh ends", Times.left(session.refreshExpiry, at: model.now)),
            StyledLine("created", Times.ago(session.createdAt, at: model.now)),
            StyledLine("renewed", renewals(session, model)),
        ]
        if let lease = session.lease, lease.deadline > model.now {
            lines.append(StyledLine("renewed by", lease.holderName, style: Style(.renewing)))
        }
        if let problem = content.problem ?? session.damage {
            lines.append(StyledLine("problem", problem, style: Style(.error)))
        }
        return lines
    }

    private static func renewals(_ session: VisitorSession, _ model: Model) -> String {
        let times = session.renewalCount == 1 ? "once" : "\(session.renewalCount) times"
        return session.renewedAt == nil ? "never" : "\(times), last \(Times.ago(session.renewedAt, at: model.now))"
    }

    private static func explanation(_ state: SessionState) -> String {
        switch state {
        case .valid, .expiring: ""
        case .expired: " · the refresh token is alive: r renews"
        case .renewing: " · waiting for the issuer's answer"
        case .unresolved: " · sent, and no answer recorded: r finds out"
        case .refused: " · only a new visitor is left: g generates one"
        case .discarded: " · u or restore takes it back"
        case .damaged: " · its row cannot be read; it is left alone"
        }
    }

    private static func token(_ title: String, _ token: TokenDescription?, _ model: Model) -> [StyledLine] {
        guard let token else { return [StyledLine(title, "none", style: .dim)] }
        let mask = "••••••••  \(token.length) characters, \(token.format)"
        return [StyledLine(title, mask)]
            + token.claims.map { claim in
                switch claim.value {
                case .text(let text): StyledLine("  \(claim.name)", text, nameWidth: 18)
                case .time(let date): StyledLine("  \(claim.name)", moment(date, model), nameWidth: 18)
                }
            }
    }

    private static func moment(_ date: Date, _ model: Model) -> String {
        let left = date.timeIntervalSince(model.now)
        let relative = left > 0 ? "in \(Times.countdown(left))" : Times.ago(date, at: model.now)
        return "\(date.formatted(.iso8601)) (\(relative))"
    }

    private static func history(_ entries: [JournalEntry], _ model: Model) -> [StyledLine] {
        [StyledLine("history", Style(.heading))]
            + entries.map { entry in
                let what = [entry.draft.event.rawValue, entry.draft.outcome].compactMap(\.self).joined(separator: ": ")
                return StyledLine(
                    "  \(Times.ago(entry.at, at: model.now))", "\(what) · \(entry.draft.actor)", nameWidth: 17)
            }
    }
}
