import Foundation
import TerminalText
import VisitorSessions

/// A token and the tree of its claims, whose objects can be folded.
enum ClaimLines {
    enum Token {
        case access, refresh

        var title: String { self == .access ? InspectorTexts.accessToken : InspectorTexts.refreshToken }
    }

    static func lines(_ token: Token, _ description: TokenDescription?, _ model: Model, width: Int) -> [StyledLine] {
        let title = token.title
        guard let description else {
            let isDamaged = model.panes.content?.session.damage != nil
            return [StyledLine(title, isDamaged ? InspectorTexts.unreadable : InspectorTexts.none, style: .dim)]
        }
        let root = [title]
        let isFolded = model.panes.folded.contains(root)
        let text = isFolded ? InspectorTexts.foldedToken(description) : InspectorTexts.token(description)
        var head = StyledLine.facts(title, text, width: width)
        guard !description.claims.isEmpty else { return head }
        head[0].node = root
        if isFolded { return head }
        let before = token == .access ? model.panes.previous?.access : model.panes.previous?.refresh
        let tree = ClaimTree(model: model, width: width, root: root, claims: description.claims, before: before?.claims)
        return head + tree.lines()
    }

    /// The paths of everything that can be folded: the tokens, and the objects in their claims.
    static func nodes(_ content: SessionDetails) -> Set<[String]> {
        let tokens: [(Token, TokenDescription?)] = [(.access, content.access), (.refresh, content.refresh)]
        return tokens.reduce(into: []) { nodes, token in
            for claim in token.1?.claims ?? [] {
                for depth in claim.path.indices { nodes.insert([token.0.title] + claim.path.prefix(depth)) }
            }
        }
    }
}

/// The lines of one token's claims.
private struct ClaimTree {
    let model: Model
    let width: Int
    let root: [String]
    let claims: [TokenDescription.Claim]
    /// The claims of the token that was replaced while the details were shown, or `nil` if none was replaced.
    let before: [TokenDescription.Claim]?

    private var nameWidth: Int {
        let widest = claims.map { $0.path.count * 2 + ($0.path.last?.count ?? 0) }.max() ?? 0
        return min(max(widest + 2, 18), max(width / 2, 18))
    }

    func lines() -> [StyledLine] {
        lines(claims[...], in: [])
            + StyledLine.facts(
                "  signature", InspectorTexts.notVerified, width: width, style: .dim, nameWidth: nameWidth)
    }

    /// The lines of the claims in an object.
    private func lines(_ claims: ArraySlice<TokenDescription.Claim>, in path: [String]) -> [StyledLine] {
        var lines: [StyledLine] = []
        var rest = claims
        while let claim = rest.first {
            guard claim.path.count > path.count + 1 else {
                lines += leaf(claim)
                rest = rest.dropFirst()
                continue
            }
            // The claims of an object are adjacent.
            let object = Array(claim.path.prefix(path.count + 1))
            let members = rest.prefix { $0.path.count > object.count && $0.path.starts(with: object) }
            rest = rest.dropFirst(members.count)
            let isFolded = model.panes.folded.contains(root + object)
            let sign = isFolded ? InspectorTexts.foldedSign : InspectorTexts.openSign
            var line = StyledLine(indent(object.count, sign: sign) + (object.last ?? ""), Style(.heading))
            line.node = root + object
            if isFolded { line.parts.append(("  \(InspectorTexts.claims(members.count))", .dim)) }
            lines.append(line)
            if !isFolded { lines += self.lines(members, in: object) }
        }
        return lines
    }

    private func leaf(_ claim: TokenDescription.Claim) -> [StyledLine] {
        let value = text(of: claim)
        let old = before.map { before in before.first { $0.path == claim.path }.map(text) ?? InspectorTexts.noClaim }
        let isChanged = old.map { $0 != value } ?? false
        let style = Style(isChanged ? .notice : claim.isLiteral ? .accent : .plain)
        let name = indent(claim.path.count, sign: " ") + (claim.path.last ?? "")
        let lines = StyledLine.facts(name, value, width: width, style: style, nameWidth: nameWidth)
        guard isChanged, let old else { return lines }
        return lines
            + StyledLine.facts("", InspectorTexts.before(old), width: width, style: .dim, nameWidth: nameWidth)
    }

    private func indent(_ depth: Int, sign: String) -> String {
        String(repeating: "  ", count: max(depth - 1, 0)) + sign + " "
    }

    private func text(of claim: TokenDescription.Claim) -> String {
        switch claim.value {
        case .text(let text): text
        case .time(let date): moment(date)
        }
    }

    private func moment(_ date: Date) -> String {
        let left = date.timeIntervalSince(model.displayTime)
        let relative = left > 0 ? InspectorTexts.after(Times.countdown(left)) : Times.ago(date, at: model.displayTime)
        let shown = model.times == .local ? model.dateText(date) : date.formatted(.iso8601)
        return "\(shown) (\(relative))"
    }
}
