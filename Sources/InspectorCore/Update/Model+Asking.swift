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
        let hours = Int(policy.gracePeriod.inSeconds / 3600)
        let key = keymap.keyName(of: .restore)
        let warning =
            sessions.count == 1
            ? "Its visitor's cart hangs on it. u takes it back, and \(key) does for \(hours) hours (/state:discarded)."
            : "Their visitors' carts hang on them. u takes them back, and \(key) does for \(hours) hours (/state:discarded)."
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
            isOn ? "automatically renew" : "stop renewing", warning: "u switches it back."
        ) { .autoRenew($0.id, isOn) }
    }

    /// Only `y` confirms. Whatever else is pressed means no.
    mutating func answer(_ confirmation: Confirmation, isYes: Bool) -> [Effect] {
        popups.removeLast()
        guard isYes else {
            say(.hint, "Nothing was done: only y says yes.")
            return []
        }
        if case .setTokens? = popups.last { popups.removeLast() }
        return begin(confirmation.operations)
    }
}
