import TerminalText
import VisitorSessions

/// Texts on the screen other than messages: headings, hints, states and placeholders.
extension InspectorTexts {
    // MARK: Header and window title

    static func sessions(_ count: Int) -> String { "\(count.grouped) \(count == 1 ? "session" : "sessions")" }
    static func expired(_ count: Int) -> String { "\(count.grouped) expired" }
    static let paused = "PAUSED"
    static func timeline(_ span: String) -> String { "next \(span)" }
    static let timelineWidth = 10
    static let now = "now"
    static func score(
        renewed: Int, failed: Int, expired: Int, since start: String
    ) -> [(text: String, isFailure: Bool)] {
        [
            ("since \(start)", false), ("\(renewed.grouped) renewed", false),
            ("\(failed.grouped) failed \(failed == 1 ? "attempt" : "attempts")", failed > 0),
            ("\(expired.grouped) expired", false),
        ]
    }
    static func expiring(_ count: Int) -> String {
        switch count {
        case 0: "none expiring"
        case 1: "1 access token expires"
        default: "\(count.grouped) access tokens expire"
        }
    }
    static func nextExpiry(_ countdown: String) -> String { "next expiry in \(countdown)" }
    static func budget(_ percent: Int) -> String { "budget \(percent)%" }
    static func storeDown(isNarrow: Bool) -> String { isNarrow ? "✖ store down" : "✖ store unavailable, retrying" }
    static func issuerDown(isNarrow: Bool) -> String { isNarrow ? "✖ issuer down" : "✖ issuer failing" }
    static func tooSmall(_ smallest: Size, quit: String) -> [String] {
        ["Too small", "Needs \(smallest.width)×\(smallest.height)", "\(quit) quits"]
    }

    // MARK: List

    static let searching = "Searching…"
    static let noSessions = "No sessions yet."
    static func generates(_ generate: String) -> String { "\(generate) generates one." }
    static func addsTokens(_ setNew: String) -> String { "\(setNew) adds one from tokens that you paste." }
    static let noMatches = "No sessions match."
    static func clearsFilter(back: String) -> String { "\(back) clears the filter." }
    /// - Parameter values: The known keys of filters, or the known values of the word's key.
    package static func invalidWord(_ word: String, _ values: [String]) -> String {
        let (word, list) = (InputRedactor.quoted(word), values.joined(separator: ", "))
        return values.first?.hasSuffix(":") == true
            ? "\(word) isn't a filter. Known filters: \(list)." : "\(word) has an unknown value. Known values: \(list)."
    }
    static func filterByState(_ words: [String]) -> String { "Use \(words.joined(separator: " ")) to filter by state." }
    static let fullClientID = "client: needs a full client ID."

    // MARK: Footer

    static let isSearching = "searching…"
    static let isCounting = "counting…"
    static let isSuspending = "finishing requests before suspending…"
    static let isAsking = "waiting for the issuer…"
    static func place(_ number: Int, of total: Int) -> String { "\(number.grouped) of \(total.grouped)" }
    static func clears(_ back: String) -> String { "(\(back) clears)" }
    static func range(_ count: Int, range: String, back: String) -> String {
        "range of \(count.grouped) · \(range) marks it, \(back) cancels"
    }
    static let allMarked = "all"
    static func marked(_ count: Int, hidden: Int, keys: String, unmark: String) -> String {
        let aside = hidden > 0 ? ", \(hidden.grouped) hidden" : ""
        return "\(count.grouped) marked\(aside): \(keys) · \(unmark) unmarks"
    }
    static func progress(_ job: BulkJob, _ action: SessionAction, back: String) -> String {
        guard job.isBulk else { return "\(action.presentTense)…" }
        let end = job.isStopped ? "stopping after \(job.running.count) more" : "\(back) stops"
        return "\(action.presentTense)… \(job.finished) of \(job.total) · \(end)"
    }
    static let searchHint = "text to find"
    static let nothingToComplete = "Nothing to complete."
    static let lineFilterHint = "words to filter by"
    static let filterHint = "words · state:exp · label:cart,booking · !word"
    static func promptKeys(accept: String, back: String) -> String { "\(accept) applies, \(back) clears" }
    static func tokenPromptKeys(accept: String, back: String) -> String {
        "\(accept) finds its session, \(back) clears"
    }
    static let search = "search"
    static let back = "back"
    /// Names the session if it isn't the selected one.
    static func undo(_ step: UndoStep, selected: SessionID?) -> String {
        let sessions = step.actions.compactMap(\.sessionID)
        let other = sessions.count == 1 && sessions[0] != selected ? " \(sessions[0].prefix(6))" : ""
        return (step.undoes.map { "undo \($0.noun)" } ?? "retry") + other
    }
    static func redo(_ step: UndoStep) -> String { step.undoes.map { "redo \($0.noun)" } ?? "retry" }

    // MARK: Panes

    static func revealed(_ seconds: Int, hide: String) -> String { "revealed for \(seconds) s · \(hide) hides" }
    static func searched(_ text: String, next: String, previous: String, back: String) -> String {
        "\(text) (\(next)/\(previous) next, \(back) clears)"
    }
    static func filtered(_ text: String, back: String) -> String { "\(text) (\(back) clears)" }
    static let noEvents = "No events since startup."
    static let noMatchingLines = "No matching lines."
    static let noRequests =
        "No requests recorded. `session-inspector run -- COMMAND` records those of a Node application."
    static let noHistory = "No events yet."
    static let eventTitle = "Event"
    static func request(_ id: String) -> String { "request \(id)" }

    // MARK: Details

    static let accessToken = "access token"
    static let refreshToken = "refresh token"
    static let none = "none"
    static let unreadable = "can't be decrypted"
    static func noLabel(edit: String) -> String { "–  (\(edit) adds one)" }
    static func autoRenewOff(_ key: String?) -> String { "off\(key.map { "  (\($0) turns it on)" } ?? "")" }
    static func renewals(_ count: Int, last: String) -> String { count == 1 ? last : "\(count) times, last \(last)" }
    static func live(_ live: LiveSession, last: String) -> String {
        let process = live.source.kind == .browser ? "" : live.process.map { ", process \($0)" } ?? ""
        let end = live.isLive ? "" : " (ended)"
        return "\(live.source.kind.rawValue) “\(live.source.label)”\(process)\(end), last request \(last)"
    }
    static func requests(_ live: LiveSession, key: String) -> String {
        "\(live.requestCount.grouped); \(live.lastOutcome.lastText)  (\(key) lists them)"
    }
    static func failures(_ count: Int) -> String { count == 1 ? "once" : "\(count) times in a row" }
    static func failureMark(_ count: Int) -> String { count > 9 ? "✖9+" : "✖\(count)" }
    static let lastHour = "last hour"
    static func after(_ countdown: String) -> String { "in \(countdown)" }
    static let soon = "soon"
    static func token(_ token: TokenDescription) -> String { "••••••••  \(token.length) characters, \(token.format)" }
    static let (openSign, foldedSign) = ("▾", "▸")
    static func foldedToken(_ token: TokenDescription) -> String {
        "••••••••  \(token.length) characters  \(foldedSign) \(claims(token.claims.count))"
    }
    static func claims(_ count: Int) -> String { "\(count) \(count == 1 ? "claim" : "claims")" }
    static func before(_ value: String) -> String { "was \(value)" }
    static let noClaim = "absent"
    static let nothingToFold = "Nothing more to fold or unfold."
    static let notVerified = "not verified"

    static func unknownExpiry(ask: String) -> String { "the token's expiry isn't known; \(ask) asks the issuer" }

    /// What can be done in this state.
    static func advice(
        _ state: SessionState, _ refreshExpiry: TokenExpiry, renew: String, set: String, generate: String,
        restore: String
    ) -> String? {
        switch state {
        case .refused where refreshExpiry == .absent: "no refresh token; \(set) sets other tokens"
        case .valid, .expiring: nil
        case .expired: "can be renewed (\(renew))"
        case .renewing: "waiting for the issuer"
        case .unresolved: "outcome unknown; \(renew) renews to find out"
        case .refused: "\(renew) tries again, \(generate) creates a new visitor"
        case .discarded: "\(restore) restores it"
        case .damaged: "can't be decrypted or changed"
        }
    }

    // MARK: Popups

    static func noticeHint(filter: String, back: String) -> String { "\(filter) filter · \(back) close" }
    static func helpTitle(_ focus: Focus) -> String { "Keys in the \(focus.rawValue)" }
    static func helpHint(filter: String, end: String, back: String) -> String {
        "\(filter) filter · \(end) symbols · \(back) close"
    }
    static func clearsFilter(_ back: String) -> String { "\(back) clears the filter" }
    static let statesTitle = "States"
    static let noHelp = "No key matches."
    static let noLines = "No line matches."
    static let symbolsTitle = "Symbols"
    static let symbols: [(symbol: String, meaning: String)] = [
        ("a", "automatic renewal is on"),
        ("»", "a running application uses it (run, browse)"),
        ("◌ unknown", "the access token may work; its expiry isn't known"),
        ("✖3", "consecutive failed renewal attempts"),
        ("✓", "marked; the column heading shows how many"),
        ("██████▋░░░", "remaining lifetime of the access token"),
        ("(⊘ 3)", "discarded sessions, not included in the total"),
        ("next 4 h ▂█▁", "access tokens that expire soon; the span adapts, from 2 m to 4 h"),
        ("budget 12%", "share of the request budget in use"),
        ("RW, RO", "read-write, or read-only (--read-only)"),
    ]

    static let paletteTitle = "Commands"
    static func paletteHint(accept: String, back: String) -> String { "\(accept) run · \(back) close" }
    static func chooseCommand(down: String) -> String {
        "Type at least three letters, or choose a command with \(down)."
    }
    static let noCommand = "No such command"

    static func copyTitle(_ sessions: [VisitorSession]) -> String { "Copy from \(names(sessions))" }
    static func copyHint(accept: String, back: String) -> String { "\(accept) copy · \(back) back" }
    static let claims = "a claim…"

    static let columnsTitle = "Columns"
    static func columnsHint(toggle: String, back: String) -> String { "\(toggle) show or hide · \(back) close" }
    static let columnDoesNotFit = "(doesn't fit)"
    static func meaning(of column: ColumnID) -> String {
        switch column {
        case .session: "the first digits of its ID"
        case .label: "the session's label"
        case .visitor: "the visitor's ID"
        case .role: "visitor or member"
        case .state: "valid, expiring, expired, …"
        case .access: "when the access token expires"
        case .gauge: "the access token's remaining lifetime"
        case .refresh: "when the refresh token expires"
        case .renewed: "last renewal and renewal count"
        case .created: "when it was added to the store"
        }
    }
    static let sortTitle = "Sort by"
    static func sortHint(accept: String, back: String) -> String {
        "\(accept) sort (repeat to reverse) · \(back) close"
    }

    static func labelTitle(_ session: VisitorSession) -> String { "Label of \(session.id.prefix(6))" }
    static func labelHint(accept: String, back: String) -> String { "\(accept) save · \(back) cancel" }

    static func confirmTitle(_ verb: String, _ count: Int) -> String {
        "\(verb.capitalizedFirst) \(count == 1 ? "this session" : "\(count) sessions")?"
    }
    static func confirmAllTitle(_ verb: String, _ count: Int?) -> String {
        "\(verb.capitalizedFirst) all \(count.map { "\($0.grouped) " } ?? "")sessions that match?"
    }
    static func confirmHint(_ confirm: String) -> String { "\(confirm) confirm · any other key cancels" }
    static func more(_ count: Int) -> String { "… and \(count) more" }

    /// The name of a single session, or the number of sessions: `53ec5c “cart”` or `3 sessions`.
    static func names(_ sessions: [VisitorSession]) -> String {
        sessions.count == 1 ? sessions[0].shortName : self.sessions(sessions.count)
    }

    // MARK: Form for new sessions

    static let generateTitle = "Generate sessions"
    static let addTitle = "Set tokens as a new session"
    static let generateVerb = "generate"
    static let setVerb = "set"
    static func formHint(next: String?, accept: String, verb: String, back: String) -> String {
        "\(accept) \(verb)\(next.map { " · \($0) next field" } ?? "") · \(back) cancel"
    }
    static let labelField = "label"
    static let clientIDField = "client ID"
    static let countField = "count"
    static let saveField = "save ID"
    static let savePlaceholder = "no (y saves it in your profile)"
    static let invalidSave = "Type y to save the client ID for later, or leave the field empty."
    static let invalidClientID =
        "A client ID looks like 1a2b3c4d-0000-4000-8000-000000000000. Copy it from the project's Headless Settings."
    static func invalidCount(_ limit: Int) -> String { "The count must be between 1 and \(limit)." }

    // MARK: Token editor

    static func setTitle(_ session: VisitorSession?) -> String {
        session.map { "Set tokens on \($0.shortName)" } ?? "Set tokens as a new session"
    }
    static func setHint(accept: String, asksFirst: Bool, back: String) -> String {
        "\(accept) \(asksFirst ? "review" : "apply") · \(back) cancel"
    }
    static func clearHint(edit: String, back: String) -> String { "^u clear · \(edit) $EDITOR · \(back) cancel" }
    static func anywayHint(accept: String, edit: String, back: String) -> String {
        "\(accept) set anyway · \(clearHint(edit: edit, back: back))"
    }
    static func editHint(edit: String, back: String) -> String { "\(edit) $EDITOR · \(back) cancel" }
    static func chooseHint(up: String, down: String, accept: String, back: String) -> String {
        "\(up) \(down) choose · \(accept) select · \(back) cancel"
    }
    static func several(_ count: Int) -> String { "✔ \(count) sessions found. Choose one:" }
    static func accessExpiry(_ time: String) -> String { "access expiry \(time)" }
    static let pasteHere = "Paste tokens here (hidden as you paste)."
    static let pasteForms = "SDK tokens, a token response, a cookie, a curl command, or plain tokens, one per line."
    static func unit(_ unit: String) -> String { " (expiresAt read as \(unit))" }
    static func otherHolder(_ holder: VisitorSession) -> String {
        "Session \(holder.shortName) already holds this refresh token. Use that session, or discard it first."
    }
    static func discardedHolder(_ holder: VisitorSession, restore: String) -> String {
        "The discarded session \(holder.shortName) has the same tokens. \(restore) restores it (filter: state:discarded)."
    }
    static func alsoHoldsAccessToken(_ holder: VisitorSession) -> String {
        "\(holder.shortName) also holds this access token."
    }
}

extension SessionAction.Kind {
    fileprivate var noun: String {
        switch self {
        case .generate: "generate"
        case .renew: "renewal"
        case .set: "set"
        case .discard: "discard"
        case .restore: "restore"
        case .label: "label"
        case .autoRenew: "auto-renewal"
        case .substitute: "substitution"
        }
    }
}

extension CopyFormat {
    /// The format's name in a message.
    var nameInSentence: String {
        switch self {
        case .cookieScript: "console statement for the cookie"
        case .storageScript: "console statement for local storage"
        case .claim(let name, _):
            // Such as `access payload.exp`.
            name.firstIndex(of: " ").map { "\(name[$0...].dropFirst()) field of the \(name[..<$0]) token" }
                ?? "\(name) claim"
        default: name
        }
    }

    /// The format's name in the copy menu.
    package var name: String {
        switch self {
        case .accessToken: "access token"
        case .refreshToken: "refresh token"
        case .header: "Authorization header"
        case .sdk: "SDK tokens (JSON)"
        case .cookie: "cookie (wix-session)"
        case .curl: "curl command"
        case .cookieScript: "document.cookie = … for the console"
        case .storageScript: "localStorage.setItem(…) for the console"
        case .claim(let name, _): name
        }
    }
}

extension SessionSort.Key {
    /// What the list is sorted by, in a sentence.
    var noun: String {
        switch self {
        case .accessExpiry: "access expiry"
        case .refreshExpiry: "refresh expiry"
        case .created: "creation time"
        case .renewed: "last renewal"
        case .label: "label"
        }
    }
}
