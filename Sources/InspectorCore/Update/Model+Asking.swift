import VisitorSessions

extension Model {
    /// One session is done at once. Before many are touched somebody has to say yes.
    mutating func askOrBegin(
        _ verb: String, warning: String, _ operation: (VisitorSession) -> Operation
    ) -> [Effect] {
        let sessions = takeTargets()
        let operations = sessions.map(operation)
        guard sessions.count > 1 else { return begin(operations) }
        popups.append(
            .confirmation(Confirmation(verb: verb, sessions: sessions, warning: warning, operations: operations)))
        return []
    }

    mutating func askToDiscard() -> [Effect] {
        let sessions = takeTargets()
        let hours = Int(policy.gracePeriod.inSeconds / 3600)
        let warning =
            sessions.count == 1
            ? "Its visitor's cart hangs on it. u takes it back for \(hours) hours."
            : "Their visitors' carts hang on them. u takes them back for \(hours) hours."
        popups.append(
            .confirmation(
                Confirmation(
                    verb: "discard", sessions: sessions, warning: warning,
                    operations: sessions.map { .discard($0.id) })))
        return []
    }

    /// On for all of them, unless all of them are on already.
    mutating func switchAutoRenew() -> [Effect] {
        let isOn = !targets.allSatisfy(\.autoRenew)
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
        return begin(confirmation.operations)
    }
}
