import VisitorSessions

/// What the inspector does to running applications.
extension Model {
    /// Stops the selected session's substitutions. If there are none, finds applications that could use its tokens.
    mutating func toggleSubstitution() -> [Effect] {
        guard let session = list.selected else { return [] }
        let own = list.substitutions(of: session.id)
        return own.isEmpty ? [.findApplications(for: session)] : begin(own.map { .withdraw($0.session) })
    }

    /// Makes applications send the tokens of `target` in place of those of the marked sessions, or of the only session.
    mutating func substitute(_ target: VisitorSession, in sessions: [VisitorSession]) -> [Effect] {
        let others = sessions.filter { $0.id != target.id }
        let marked = others.filter { list.marks.contains($0.id) }
        let chosen = marked.isEmpty ? others : marked
        guard !chosen.isEmpty else {
            return hint(sessions.isEmpty ? InspectorTexts.noApplication : InspectorTexts.ownSession)
        }
        guard chosen.count == 1 || !marked.isEmpty else {
            return hint(
                InspectorTexts.severalApplications(
                    sessions.count, mark: key(.mark), substitute: key(.substitute)))
        }
        let actions = chosen.map { SessionAction.substitute($0.id, with: target.id) }
        guard chosen.count > 1 || !isLocal(chosen[0]) else { return begin(actions) }
        guard popups.isEmpty, prompt == nil else { return hint(InspectorTexts.notAsked(again: key(.substitute))) }
        let warning = InspectorTexts.substitutionCost(target.shortName, substitute: key(.substitute))
        return show(
            .confirmation(
                Confirmation(
                    verb: "send other tokens in place of those of", sessions: chosen, warning: warning, actions: actions
                )))
    }

    /// Opens a browser as the session's visitor, at the only known page. Asks for the page if there isn't exactly one.
    mutating func openBrowser(_ session: VisitorSession, at pages: [String]) -> [Effect] {
        guard pages.count == 1, let page = pages.first else {
            guard popups.isEmpty, prompt == nil else { return hint(InspectorTexts.notAsked(again: key(.openBrowser))) }
            return show(.form(SessionForm(pages.first ?? "", for: session)))
        }
        return openBrowser(session, page)
    }

    mutating func openBrowser(_ session: VisitorSession, _ page: String) -> [Effect] {
        showToast(.hint, InspectorTexts.openingBrowser(session.shortName, page))
        return [.openBrowser(session, page: page)]
    }

    /// Whether the session's issuer is on this machine, in which case no real visitor can be lost.
    func isLocal(_ session: VisitorSession) -> Bool { session.isOfLocalIssuer(else: options.issuerName) }
}
