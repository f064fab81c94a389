import VisitorSessions

/// Why a key does nothing at present, in sentences that tell what to do instead.
extension Model {
    var readOnlyObstacle: String? {
        isReadOnly ? "This inspector is read-only (--read-only): nothing can be changed." : nil
    }

    /// Why nothing can be done to the marked sessions, or to the selected one, as they are in use. Marked ones are asked
    /// one by one.
    var useObstacle: String? {
        if let obstacle = readOnlyObstacle ?? targetObstacle { return obstacle }
        guard !list.marks.isEmpty else { return notInUseObstacle }
        let restore = "Press \(key(.restore)) to restore them."
        return targets.contains(where: \.isInUse) ? nil : "All marked sessions are discarded. \(restore)"
    }

    /// Why a scheduler could never renew the selected session.
    var autoRenewObstacle: String? {
        if let obstacle = useObstacle { return obstacle }
        guard list.marks.isEmpty, let session = list.selected, !session.autoRenew else { return nil }
        if session.refreshExpiry == .absent { return "It has no refresh token: it cannot be renewed." }
        return state(of: session) == .refused ? "Its refresh token is over: it cannot be renewed any more." : nil
    }

    var setObstacle: String? {
        readOnlyObstacle ?? selectionObstacle ?? notInUseObstacle
    }

    var labelObstacle: String? {
        readOnlyObstacle ?? selectionObstacle ?? damageObstacle
    }

    /// Why the selected session is not in use.
    private var notInUseObstacle: String? {
        guard let session = list.selected, session.damage == nil else { return damageObstacle }
        return session.discardedAt.map { _ in "This session is discarded. \(key(.restore)) restores it." }
    }

    /// Why the selected session is never written to.
    private var damageObstacle: String? {
        list.selected?.damage.map { "Its row cannot be read, and is left alone: \($0)." }
    }

    var restoreObstacle: String? {
        if let obstacle = readOnlyObstacle ?? targetObstacle { return obstacle }
        return targets.contains { $0.discardedAt != nil } ? nil : "It is not put away: there is nothing to take back."
    }

    /// Why its tokens can be neither shown nor sent.
    var tokensObstacle: String? {
        selectionObstacle ?? damageObstacle
    }

    /// Why there is nothing to copy.
    var copyObstacle: String? {
        targetObstacle ?? (list.marks.isEmpty ? damageObstacle : nil)
    }

    /// Why nobody can be asked for a new visitor.
    var generateObstacle: String? {
        if let obstacle = readOnlyObstacle { return obstacle }
        return options.hasClientID
            ? nil : "No client ID is configured. Start with --client-id ID, or set WIX_CLIENT_ID."
    }

    /// Why neither marks nor the selection name a session.
    var targetObstacle: String? {
        list.marks.isEmpty ? selectionObstacle : nil
    }

    var selectionObstacle: String? {
        if list.awaitsOthers {
            return storeProblem ?? "The list is still searching. Press it again when its rows are here."
        }
        guard list.selected == nil else { return nil }
        return list.filterText.isEmpty
            ? "There is no session to do that with. \(keymap.keyName(of: .generate)) generates one."
            : "No session matches the filter. \(key(.back)) clears it."
    }

    var searchObstacle: String? {
        let keys = "\(key(.nextMatch)) and \(key(.previousMatch)) search in the details and the history."
        return switch focus {
        case .list: "Every session in the list matches its filter. \(keys)"
        case .log: "Every line of the log matches its filter. \(keys)"
        default: panes.search.isEmpty ? "There is no search yet. \(key(.filter, in: focus)) begins one." : nil
        }
    }
}

extension VisitorSession {
    /// Whether it can be changed and used: it is neither put away nor damaged.
    var isInUse: Bool { discardedAt == nil && damage == nil }
}
