import TerminalText
package import VisitorSessions

/// The inspector's texts: messages here, and the rest of the screen in an extension. Key names come from the keymap.
package enum InspectorTexts {
    // MARK: Why a key does nothing

    static let readOnly = "Read-only mode: sessions can't be changed."
    package static let noClientID = "No client ID is set. Restart with --client-id ID, or set WIX_CLIENT_ID."
    static let nothingToUndo = "Nothing to undo."
    static func earlierChange(isSet: Bool, _ when: String, by actor: String) -> String {
        "\(isSet ? "Tokens set" : "Discarded") \(when) by \(TextSanitizer.line(JournalEntry.name(ofActor: actor)))."
    }
    static let nothingMarked = "No sessions are marked."
    static func copyFew(unmark: String) -> String {
        "Sessions that aren't loaded can't be copied. Mark fewer (\(unmark) clears the marks), or use `export`."
    }
    static let notDiscarded = "Only discarded sessions can be restored."
    static let noneRenewable = "None of the marked sessions can be renewed."
    static let noRefreshToken = "This session has no refresh token, so it can't be renewed."
    static let refreshTokenExpired = "The refresh token is no longer accepted, so this session can't be renewed."
    static let stillSearching = "Still searching. Try again when the list has loaded."

    static func allDiscarded(restore: String) -> String {
        "All marked sessions are discarded. Press \(restore) to restore them."
    }
    static func discarded(restore: String) -> String { "This session is discarded. \(restore) restores it." }
    static func damaged(_ problem: String) -> String {
        "This session is damaged and can't be used or changed: \(problem)."
    }
    static func noSession(generate: String) -> String {
        "There are no sessions yet. \(generate) generates one."
    }
    static func noMatch(back: String) -> String { "No session matches the filter. \(back) clears it." }

    static func searchesPanes(next: String, previous: String) -> String {
        "\(next) and \(previous) work in the details and the history."
    }
    static let listIsFiltered = "The list shows only matching sessions."
    static let paneIsFiltered = "This pane shows only matching lines."
    static func noSearch(filter: String) -> String { "No search yet. \(filter) starts one." }

    static func unknownKey(_ key: Key, help: String) -> String {
        "\(key.quoted) does nothing here. \(help) shows the keys."
    }
    static func keyWorksElsewhere(_ key: Key, _ name: String, in focus: Focus, nextPane: String) -> String {
        "\(key.quoted) (\(name)) works in the \(focus.rawValue). \(nextPane) switches panes."
    }
    static func unhandledKey(_ key: Key, accept: String?, back: String) -> String {
        "\(key.quoted) does nothing here. \(accept.map { "\($0) accepts, \(back) cancels." } ?? "\(back) closes.")"
    }
    static func notInMenu(_ key: Key, back: String) -> String {
        "\(key.quoted) isn't in this menu. \(back) goes back."
    }
    static func stillPending(_ action: SessionAction) -> String {
        "Still \(action.presentTense). Try again in a moment."
    }

    // MARK: Jobs

    static func done(_ count: Int, of total: Int) -> String { "\(count) of \(total) sessions" }
    static func stopped(_ waiting: Int) -> String { "Stopped; \(waiting) not started." }
    static func failed(_ count: Int) -> String { "\(count) failed." }
    static func retries(undo: String) -> String { "\(undo) retries." }
    static func restoresTokens(undo: String) -> String { "\(undo) restores the previous tokens." }
    package static func undoCommand(_ id: SessionID) -> String {
        "`session-inspector set --undo \(id.prefix(8))` restores the previous tokens."
    }
    static func otherScheduler(_ issuer: String) -> String {
        "It is renewed only while an inspector with --issuer \(TextSanitizer.line(issuer)) is open."
    }
    static func redoes(_ redo: String) -> String { "\(redo) redoes." }
    static let nothingToRedo = "Nothing to redo."
    static func undoesAll(undo: String) -> String { "\(undo) undoes all." }

    // MARK: The screen

    static func pressToQuit(_ quit: String) -> String { "Press \(quit) to quit." }
    static func sorted(by sort: SessionSort) -> String {
        "Sorted by \(sort.key.noun)\(sort.descending ? ", descending" : "")."
    }
    static let relativeTimes = "Showing relative times."
    static func times(in zone: String) -> String { "Showing \(zone)." }
    static let mouseOn = "Mouse capture on."
    static func mouseOff(mouse: String) -> String { "Mouse capture off. \(mouse) turns it on." }
    static let resumed = "Resumed."
    static func frozen(freeze: String) -> String {
        "Display paused; sessions keep running. \(freeze) resumes."
    }
    static func nothingToZoom(open: String, log: String) -> String {
        "Nothing to zoom. \(open) opens the details, \(log) the log."
    }
    static func noSearchMatch(_ search: String) -> String { "No match for “\(TextSanitizer.line(search))”." }
    static func rangeStarted(range: String, mark: String, back: String) -> String {
        "Range: move, then \(range) or \(mark) to mark it, \(back) to cancel."
    }
    static func rangeCut(_ count: Int, range: String) -> String {
        let marked = count == 1 ? "One session is marked" : "\(count.grouped) sessions are marked"
        return
            "The range has ended because its start is no longer loaded. \(marked); \(range) starts a new range."
    }

    // MARK: The store and the issuer

    static let storeBack = "The store is available again."
    static let issuerBack = "The issuer is responding again."
    static func behind(_ count: Int) -> String {
        "Request budget exhausted: \(sessions(count)) will expire before \(count == 1 ? "it" : "they") can be renewed."
    }
    /// An application lost a visitor, and with it the cart.
    static func visitorLost(_ name: String, _ outcome: String?) -> String {
        "Visitor lost: the application couldn't renew \(name)\(outcome.map { " (\($0))" } ?? "")."
    }
    /// A renewal gave the session another visitor's tokens.
    static func visitorChanged(_ name: String, _ change: String) -> String {
        "\(name) now belongs to another visitor: \(TextSanitizer.line(change))."
    }
    static func clockChanged(_ seconds: Int) -> String { "The system clock changed by \(seconds) s." }
    static func answerInLog(_ title: String, log: String) -> String { "\(title): see the log (\(log))." }
    static func noHolder(setNew: String?) -> String {
        "No session holds this token.\(setNew.map { " \($0) sets it as a new session." } ?? "")"
    }
    static func holder(_ name: String, isNow: Bool) -> String {
        "\(name) \(isNow ? "holds this token" : "held this token until it was replaced")."
    }

    static func clientIDSaved(_ profile: String) -> String {
        "Saved the client ID in profile “\(TextSanitizer.line(profile))”. It takes effect the next time you start the inspector."
    }

    // MARK: Confirmations

    static let cancelled = "Cancelled."
    static let undoesRestore = "This undoes the restore."
    static let discardsAgain = "This redoes the discard."
    static func liveDiscardCost(_ source: LiveSource) -> String {
        let effect = source.kind == .browser ? "its page will lose the tokens" : "its calls will be refused"
        return "“\(TextSanitizer.line(source.label))” is using this session; \(effect)."
    }
    static func liveDiscardCost(_ count: Int) -> String {
        "Running applications are using \(count.grouped) of these sessions; their calls will be refused."
    }
    static let renewalCost = "Each renewal sends one request."
    static func otherIssuer(_ own: String, _ named: String) -> String {
        "Its tokens are from \(TextSanitizer.line(own)). They will be sent to \(named)."
    }
    static let restoreCost = "Tokens and labels are restored, too."
    static func undoable(undo: String) -> String { "\(undo) undoes." }
    static func discardCost(_ count: Int, undo: String, restore: String, period: String) -> String {
        let carts =
            count == 1 ? "The visitor's cart depends on this session." : "The visitors' carts depend on these sessions."
        let them = count == 1 ? "it" : "them"
        return "\(carts) \(undo) undoes this. \(restore) can restore \(them) for \(period) (filter: state:discarded)."
    }
    static func matchingCost(_ undoLimit: Int) -> String {
        "Each session is checked against the filter again before it is changed. Up to \(undoLimit.grouped) changes can be undone."
    }
    /// A sentence about marked sessions to which the command doesn't apply: they can't be `participle`, such as “renewed”.
    static func skippedNote(_ count: Int, participle: String) -> String {
        guard count > 0 else { return "" }
        return " \(count.grouped) other marked \(count == 1 ? "session" : "sessions") can't be \(participle)."
    }

    // MARK: Running applications

    static let noApplication =
        "No Node application is running that could use these tokens. Start one with `session-inspector run`."
    static let ownSession =
        "A running application already uses this session. Select the session whose tokens it should use instead."
    package static let noBrowser = "A demo session can't be opened in a browser."
    static let unknownIssuer = "unknown"
    static func notAsked(again: String) -> String {
        "You were typing, so the dialog wasn't opened. Press \(again) again."
    }
    static let pageField = "page"
    static let openVerb = "open"
    static let noPage = "Enter the URL of a page, such as localhost:3000."
    static func browseTitle(_ name: String) -> String { "Open a browser as \(name)" }
    static func openingBrowser(_ name: String, _ page: String) -> String {
        "Opening \(TextSanitizer.line(page)) as \(name)."
    }
    static func severalApplications(_ count: Int, mark: String, substitute: String) -> String {
        "\(count) sessions are live. Mark the application's session with \(mark), select the session to use instead, then press \(substitute)."
    }
    static func substitutionCost(_ name: String, substitute: String) -> String {
        "The application will send the tokens of \(name). \(substitute) stops this."
    }
    static func liveSetCost(_ application: String) -> String {
        "The running application “\(TextSanitizer.line(application))” is using this session and will send the new tokens."
    }
    package static func substitutionStopped(_ id: SessionID) -> String {
        "The substitution for session \(id.prefix(8)) has already been stopped."
    }
    /// - Parameter substitute: The key that stops the selected session's substitution. `nil`: it has none.
    static func substitutions(_ count: Int, substitute: String?) -> String {
        let stop = substitute.map { " · \($0) stops \(count == 1 ? "it" : "the selected one")" } ?? ""
        return "\(count) \(count == 1 ? "substitution" : "substitutions") active\(stop)"
    }

    // MARK: Editors

    static let noTokensSet = "Cancelled. No tokens were set."
    static let labelUnchanged = "The label is unchanged."
    static let labelHoldsToken = "Labels can't contain tokens. The label is unchanged."
    static func pasteFirst(back: String) -> String { "Paste tokens first. \(back) cancels." }
    static let unrecognized = "Unrecognized tokens. ^u clears."
    static func setsAnyway(accept: String) -> String { "\(accept) lets you set this text anyway." }
    static let chooseToken = "Not recognized as a token. Set it anyway?"
    package static let setAnywayCost = "This isn't recognized as a token. Requests with it will probably be refused."
    static let sameTokens = "none: the session already has these tokens"
    static let editedToNothing = "The file was empty. Nothing was changed."
    static let alreadySet = "The session already has these tokens. Nothing was changed."
    static func alreadyUsed(back: String) -> String {
        "Another session already holds this refresh token. ^u clears, \(back) cancels."
    }
    static let pasteHoldsToken = "Not pasted: the text contains a token, and this field doesn't hide its contents."
    static func pasteTooLong(_ bytes: Int) -> String {
        "Not pasted: too long for this line (\(bytes.grouped) bytes)."
    }
    static func noPasteHere(back: String) -> String { "You can't paste here. \(back) goes back." }
    static func pastedIntoEditor(back: String) -> String { "Pasted into the token editor. \(back) cancels." }

    // MARK: Effects

    package static func logPaused(_ problem: String) -> String { "The log is paused: \(problem)" }
    package static let noTokenToCopy = "The session has no token for this format."
    package static let noTokenInfo = "This issuer doesn't support token info."
    package static let noProbe = "No probe request is configured for this issuer. Set probe-url in a profile."
    static let probesTitle = "Probe with"
    static func probesHint(accept: String, back: String) -> String { "\(accept) send · \(back) cancel" }
    package static let noAccessToken = "The session has no access token."
    package static func notSent(_ reason: String, on session: VisitorSession) -> Notice {
        Notice(title: session.id.prefix(6), lines: [.init("not sent", reason, isFailure: true)])
    }
    package static func noticeTitle(_ title: String, on session: VisitorSession) -> String {
        "\(title) for \(session.id.prefix(6))"
    }

    // MARK: Copies

    static func nothingCopied(copy: String) -> String { "Nothing copied yet. \(copy) chooses a format." }

    static func unknownForm(_ name: String, _ known: [String]) -> String {
        "Unknown format “\(TextSanitizer.line(name))”. Formats: \(known.joined(separator: ", "))."
    }

    static let opaqueTokens = "These tokens are opaque; they have no readable claims."
    static func renewsFirst(_ form: CopyFormat) -> String { "renew, then copy the \(form.name)" }

    static func expired(renew: String) -> String { "The access token has expired; \(renew) renews it." }

    static func copied(_ copied: Copied) -> String {
        let name = copied.form.nameInSentence
        let isPlural = copied.sessions.count > 1 && name.last?.isLetter == true && name.last != "s"
        let what = "the \(name)\(isPlural ? "s" : "") of \(names(copied.sessions)) (\(copied.characters) characters)"
        return switch copied.delivery {
        case .tmux: "Copied \(what). Also in tmux's buffer."
        case .terminal: "Copied \(what), if the terminal allows it (OSC 52)."
        case .failed(let reason): "Not copied. \(reason)"
        }
    }
}

extension SessionAction {
    var presentTense: String {
        switch kind {
        case .generate: "generating"
        case .renew: "renewing"
        case .set: "setting tokens"
        case .discard: "discarding"
        case .restore: "restoring"
        case .label: "saving the label"
        case .autoRenew: "changing automatic renewal"
        case .substitute: "changing what the application sends"
        }
    }

    var pastTense: String {
        switch self {
        case .generate: "generated"
        case .renew, .renewFromNamedIssuer: "renewed"
        case .set: "set tokens on"
        case .restoreTokens, .undoSet: "restored the previous tokens of"
        case .add: "stored"
        case .discard: "discarded"
        case .restore: "restored"
        case .label: "labeled"
        case .autoRenew(_, let isOn): isOn ? "turned on automatic renewal for" : "turned off automatic renewal for"
        case .substitute: "substituted another session's tokens for those of"
        case .withdraw: "stopped the substitution for"
        }
    }

    /// A sentence about one session.
    func report(on name: String, _ origin: BulkJob.Origin) -> String {
        let isUndo = origin == .undo
        return switch self {
        case .restoreTokens(_, _, isRedo: true), .undoSet(_, isRedo: true): "Set tokens on \(name) again."
        case .label(_, let label, _) where label.isEmpty:
            isUndo ? "Undid: label removed from \(name)." : "Removed the label from \(name)."
        case .label where isUndo: "Restored the label of \(name)."
        case .substitute(_, let target): "The application using \(name) now sends the tokens of \(target.prefix(6))."
        default: "\(pastTense.capitalizedFirst) \(name)."
        }
    }

    /// A sentence about many sessions.
    func report(on count: String) -> String {
        "\(pastTense.capitalizedFirst) \(count)."
    }
}

extension VisitorSession {
    /// The first digits of its ID, and its label if it has one.
    package var shortName: String {
        label.isEmpty ? id.prefix(6) : "\(id.prefix(6)) “\(DisplayWidth.fit(TextSanitizer.line(label), to: 24))”"
    }
}

extension SessionState {
    /// What the state means, for the help.
    var meaning: String {
        switch self {
        case .valid: "the access token works"
        case .expiring: "the access token expires soon"
        case .expired: "the access token has expired; can be renewed"
        case .renewing: "being renewed"
        case .unresolved: "outcome unknown; renew to check"
        case .refused: "the refresh token was refused, has expired or is missing"
        case .discarded: "can be restored; the filter state:discarded lists them"
        case .damaged: "can't be decrypted"
        }
    }
}

extension String {
    var capitalizedFirst: String {
        prefix(1).uppercased() + dropFirst()
    }
}
