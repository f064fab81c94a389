import TerminalText
import VisitorSessions

/// The inspector's messages, in one place. Keys in them come from the keymap.
enum InspectorTexts {
    // MARK: Why a key does nothing

    static let readOnly = "This inspector is read-only (--read-only): nothing can be changed."
    static let noClientID = "No client ID is configured. Start with --client-id ID, or set WIX_CLIENT_ID."
    static let nothingToUndo = "There is nothing to undo."
    static let nothingMarked = "Nothing is marked."
    static let notDiscarded = "It is not put away: there is nothing to take back."
    static let noRefreshToken = "It has no refresh token: it cannot be renewed."
    static let refreshTokenExpired = "Its refresh token is over: it cannot be renewed any more."
    static let stillSearching = "The list is still searching. Press it again when its rows are here."

    static func allDiscarded(restore: String) -> String {
        "All marked sessions are discarded. Press \(restore) to restore them."
    }
    static func discarded(restore: String) -> String { "This session is discarded. \(restore) restores it." }
    static func damaged(_ problem: String) -> String { "Its row cannot be read, and is left alone: \(problem)." }
    static func noSession(generate: String) -> String {
        "There is no session to do that with. \(generate) generates one."
    }
    static func noMatch(back: String) -> String { "No session matches the filter. \(back) clears it." }

    static func searchesPanes(next: String, previous: String) -> String {
        "\(next) and \(previous) search in the details and the history."
    }
    static let listIsFiltered = "Every session in the list matches its filter."
    static let logIsFiltered = "Every line of the log matches its filter."
    static func noSearch(filter: String) -> String { "There is no search yet. \(filter) begins one." }

    static func unknownKey(_ key: Key, help: String) -> String {
        "\(key.quoted) does nothing here. \(help) shows what does."
    }
    static func keyWorksElsewhere(_ key: Key, _ name: String, in focus: Focus, nextPane: String) -> String {
        "\(key.quoted) (\(name)) works in the \(focus.rawValue). \(nextPane) goes there."
    }
    static func unhandledKey(_ key: Key, accept: String?, back: String) -> String {
        "\(key.quoted) does nothing here. \(accept.map { "\($0) goes on, " } ?? "")\(back) goes back."
    }
    static func notInMenu(_ key: Key, back: String) -> String {
        "\(key.quoted) is not in this menu. \(back) goes back."
    }
    static func stillPending(_ action: SessionAction) -> String { "Still \(action.presentTense) that session." }

    // MARK: The screen

    static func pressToQuit(_ quit: String) -> String { "Press \(quit) to quit." }
    static func sorted(by sort: SessionSort) -> String {
        "Sorted by \(sort.key.rawValue)\(sort.descending ? ", the last first" : "")."
    }
    static func times(_ mode: String) -> String { "Times: \(mode)." }
    static let mouseOn = "Mouse capture on."
    static func mouseOff(mouse: String) -> String { "Mouse capture off. \(mouse) switches it on." }
    static let resumed = "The screen moves again."
    static func frozen(freeze: String) -> String {
        "Frozen. Sessions go on; the screen does not, until \(freeze) is pressed again."
    }
    static func nothingToZoom(open: String, log: String) -> String {
        "Nothing to zoom. \(open) opens the details, \(log) the log."
    }
    static func noSearchMatch(_ search: String) -> String { "Nothing here holds “\(TextSanitizer.line(search))”." }
    static func rangeStarted(range: String, mark: String, back: String) -> String {
        "Range: move, then \(range) or \(mark) keeps it, \(back) drops it."
    }
    static func rangeCut(_ count: Int, range: String) -> String {
        let marked = count == 1 ? "One session is marked" : "\(count.grouped) sessions are marked"
        return
            "The range has ended: it reaches over some screens, and not to what a filter hides. \(marked), and \(range) "
            + "marks on from here."
    }

    // MARK: The store and the issuer

    static let storeBack = "The store is back."
    static let issuerBack = "The issuer answers again."
    static func behind(_ count: Int) -> String {
        "\(count) sessions will end before their turn to be renewed: the issuer's budget is used."
    }
    static func clockSet(_ seconds: Int) -> String { "The machine's clock was set by \(seconds) s." }
    static func answerInLog(_ title: String, log: String) -> String { "\(title): the answer is in the log (\(log))." }
    static func noHolder(setNew: String?) -> String {
        "No session holds this token.\(setNew.map { " \($0) stores it as a new one." } ?? "")"
    }
    static func holder(_ name: String, isNow: Bool) -> String {
        "\(name) \(isNow ? "holds this token" : "held this token until it was replaced")."
    }

    // MARK: Confirmations

    static func cancelled(confirm: String) -> String { "Cancelled. Press \(confirm) to confirm." }
    static let renewalCost = "Each costs one request."
    static let restoreCost = "They come back as they were."
    static func undoable(undo: String) -> String { "\(undo) undoes." }
    static func discardCost(_ count: Int, undo: String, restore: String, period: String, filter: String) -> String {
        let carts =
            count == 1 ? "The visitor's cart depends on this session." : "The visitors' carts depend on these sessions."
        return "\(carts) \(undo) undoes; \(restore) restores for \(period) (\(filter)state:discarded)."
    }
    /// Marked sessions that the command doesn't apply to.
    static func leftAlone(_ count: Int) -> String {
        count == 0 ? "" : " \(count.grouped) more \(count == 1 ? "is" : "are") marked, and left alone as they are."
    }

    // MARK: Editors

    static let noTokensSet = "No tokens were set."
    static let labelUnchanged = "The label is unchanged."
    static let labelHoldsToken = "The label is unchanged: it would hold a token, and labels are shown."
    static func pasteFirst(back: String) -> String { "Paste tokens first. \(back) goes back." }
    static let unrecognized = "Unrecognized tokens. ^u clears."
    static func alreadyUsed(back: String) -> String {
        "Another session already uses this refresh token. ^u clears, \(back) goes back."
    }
    static let pasteHoldsToken = "Nothing was pasted: it holds a token, and what stands here is shown."
    static func pasteTooLong(_ bytes: Int) -> String {
        "Nothing was pasted: \(bytes.grouped) bytes are too long for this line."
    }
    static func noPasteHere(back: String) -> String { "Pasting does nothing here. \(back) goes back." }
    static func pastedIntoEditor(back: String) -> String { "Pasted into the token editor. \(back) cancels." }

    // MARK: Copies

    static let opaqueTokens = "Its tokens are opaque: they hold no claims that can be read."
    static func copied(_ copied: Copied) -> String {
        let name = copied.sessions.count == 1 ? copied.sessions[0].shortName : "\(copied.sessions.count) sessions"
        let what = "the \(copied.form.name) of \(name) (\(copied.characters) characters)"
        return switch copied.way {
        case .tmux: "Copied \(what). It stays in tmux: `tmux delete-buffer` drops it."
        case .terminal: "Copied \(what), where the terminal allows it (OSC 52)."
        case .failed(let reason): "Nothing was copied. \(reason)"
        }
    }
}

extension SessionAction {
    var presentTense: String {
        switch kind {
        case .generate: "generating"
        case .renew: "renewing"
        case .set: "setting"
        case .discard: "discarding"
        case .restore: "restoring"
        case .label: "labelling"
        case .autoRenew: "switching automatic renewal of"
        }
    }

    var pastTense: String {
        switch self {
        case .generate: "generated"
        case .renew: "renewed"
        case .set: "set tokens on"
        case .restoreTokens: "put the old tokens back on"
        case .add: "stored"
        case .discard: "discarded"
        case .restore: "restored"
        case .label: "labelled"
        case .autoRenew(_, let isOn): isOn ? "will renew automatically" : "will not renew automatically any more"
        }
    }

    /// A sentence about one session.
    func report(on name: String, isUndo: Bool) -> String {
        switch self {
        case .autoRenew: "\(name) \(pastTense)."
        case .label(_, let label, _) where label.isEmpty: "Took the label off \(name)."
        case .label(_, _, let before) where isUndo:
            "Put the old label back on \(name). It was “\(TextSanitizer.line(before))”."
        default: "\(pastTense.capitalizedFirst) \(name)."
        }
    }

    /// A sentence about many sessions.
    func report(on count: String) -> String {
        kind == .autoRenew ? "\(count) \(pastTense)." : "\(pastTense.capitalizedFirst) \(count)."
    }
}

extension VisitorSession {
    /// The first digits of its ID, and its label if it has one.
    var shortName: String {
        label.isEmpty ? id.prefix(6) : "\(id.prefix(6)) “\(DisplayWidth.fit(TextSanitizer.line(label), to: 24))”"
    }
}

extension SessionState {
    /// What it means for the session.
    var meaning: String {
        switch self {
        case .valid: "the access token works"
        case .expiring: "the access token ends soon"
        case .expired: "the access token is over; it can be renewed"
        case .renewing: "a renewal is under way"
        case .unresolved: "sent, and no answer: renew to find out"
        case .refused: "the refresh token is over: a new visitor is needed"
        case .discarded: "put away; /state:discarded lists them"
        case .damaged: "its row cannot be read"
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String {
        prefix(1).uppercased() + dropFirst()
    }
}
