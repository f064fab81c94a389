import TerminalText
import VisitorSessions

extension Model {
    /// One session that is to be seen is done at once. Before many are touched, or one that a filter hides, somebody has to
    /// say yes.
    mutating func askOrBegin(
        _ verb: String, warning: String, where isMeant: (VisitorSession) -> Bool = \.isInUse,
        _ operation: (VisitorSession) -> Operation
    ) -> [Effect] {
        let all = takeTargets()
        let sessions = all.filter(isMeant)
        let warning = warning + Self.leftAlone(all.count - sessions.count)
        let operations = sessions.map(operation)
        guard sessions.count > 1 || sessions.contains(where: { !list.isLoaded($0.id) }) else {
            return begin(operations)
        }
        popups.append(
            .confirmation(Confirmation(verb: verb, sessions: sessions, warning: warning, operations: operations)))
        return []
    }

    /// What is marked, and is nothing for this command.
    private static func leftAlone(_ count: Int) -> String {
        count == 0 ? "" : " \(count.grouped) more \(count == 1 ? "is" : "are") marked, and left alone as they are."
    }

    mutating func askToDiscard() -> [Effect] {
        let all = takeTargets()
        let sessions = all.filter(\.isInUse)
        let period = Times.inWords(policy.gracePeriod)
        let carts =
            sessions.count == 1
            ? "The visitor's cart depends on this session." : "The visitors' carts depend on these sessions."
        let warning =
            "\(carts) \(key(.undo)) undoes; \(key(.restore)) restores for \(period) (\(key(.filter))state:discarded)."
        popups.append(
            .confirmation(
                Confirmation(
                    verb: "discard", sessions: sessions,
                    warning: warning + Self.leftAlone(all.count - sessions.count),
                    operations: sessions.map { .discard($0.id) })))
        return []
    }

    /// On for all of them, unless all of them are on already.
    mutating func switchAutoRenew() -> [Effect] {
        let isOn = !targets.filter(\.isInUse).allSatisfy(\.autoRenew)
        return askOrBegin(
            isOn ? "automatically renew" : "stop renewing", warning: "\(key(.undo)) undoes."
        ) { .autoRenew($0.id, isOn) }
    }

    /// One key confirms. Any other cancels.
    mutating func answer(_ confirmation: Confirmation, isYes: Bool) -> [Effect] {
        popups.removeLast()
        guard isYes else {
            say(.hint, "Cancelled. Press \(key(.confirm, in: .confirmation)) to confirm.")
            return []
        }
        if case .setTokens? = popups.last { popups.removeLast() }
        return begin(confirmation.operations)
    }
}
