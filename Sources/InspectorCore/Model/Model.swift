package import Foundation
import TerminalText
package import VisitorSessions

/// The inspector's state, composed of its parts. Only ``update(_:_:)`` and key handlers change it.
package struct Model: Sendable {
    package let options: InspectorOptions
    package internal(set) var size: Size

    /// The time on the issuer's clock.
    package internal(set) var now: Date
    let startedAt: Date

    package internal(set) var list = SessionList()
    package internal(set) var overview = Overview()
    package internal(set) var panes = Panes()
    package internal(set) var popups: [Popup] = []
    package internal(set) var jobs = Jobs()
    package internal(set) var status = Status()

    /// The prompt for a filter or a search.
    package internal(set) var prompt: TextField?
    package internal(set) var times = TimeMode.relative

    /// Whether mouse capture is on.
    package internal(set) var takesMouse = true

    /// When the display was paused. `nil`: it isn't.
    package internal(set) var frozenAt: Date?

    /// The client ID that was last typed, while none is configured.
    var typedClientID = ""

    /// The client ID to save as soon as a session with it is stored.
    var clientIDToSave: String?

    /// Whether a client ID was saved since the start.
    var hasSavedClientID = false

    /// The format of the last copy.
    var lastCopyForm: CopyFormat?

    /// The number of pending token info and probe requests.
    var pendingQueries = 0
    var lastPress: (position: Position, at: Date)?

    package init(_ options: InspectorOptions, remembered: RememberedView? = nil, size: Size, now: Date) {
        self.options = options
        self.size = size
        self.now = now
        startedAt = now
        if let remembered { restore(remembered) }
    }

    package var isReadOnly: Bool { options.isReadOnly }
    package var policy: SessionPolicy { options.policy }
    package var keymap: Keymap { options.keymap }

    /// The time for which the screen is drawn: the current time, or when the display was paused.
    package var displayTime: Date { frozenAt ?? now }

    package var focus: Focus { popups.last?.focus ?? (prompt == nil ? panes.focus : .prompt) }

    /// The state on the screen, where this inspector's own renewals take precedence.
    func state(of session: VisitorSession) -> SessionState {
        jobs.isRenewing(session.id) ? .renewing : session.state(at: displayTime, policy: policy)
    }

    /// Whether `q` quits, because nothing else can be dismissed.
    var hasNothingToDismiss: Bool {
        panes.open == nil && list.filterText.isEmpty && list.marks.isEmpty && !panes.isZoomed
    }

    func key(_ action: Action, in focus: Focus = .list) -> String { keymap.keyName(of: action, in: focus) }

    mutating func hint(_ text: String) -> [Effect] {
        showToast(.hint, text)
        return []
    }

    mutating func show(_ popup: Popup) -> [Effect] {
        popups.append(popup)
        return []
    }

    mutating func showToast(_ kind: EventLog.Line.Kind, _ text: String, isLogged: Bool = true) {
        status.showToast(kind, text, at: now, isLogged: isLogged)
    }

    // MARK: Times on the screen

    func expiryText(_ expiry: TokenExpiry) -> String {
        guard times != .relative, let date = expiry.date else { return Times.left(expiry, at: displayTime) }
        return dateText(date)
    }

    func pastText(_ date: Date?) -> String {
        guard times != .relative, let date else { return Times.ago(date, at: displayTime) }
        return dateText(date)
    }

    func dateText(_ date: Date) -> String {
        Times.moment(date, at: displayTime, secondsFromUTC: secondsFromUTC(at: date))
    }

    func secondsFromUTC(at date: Date) -> Int { times == .utc ? 0 : options.timeZone.secondsFromGMT(for: date) }

    // MARK: The remembered view

    package var remembered: RememberedView {
        RememberedView(
            sort: list.sort.key.rawValue, isDescending: list.sort.descending, filter: list.filterText,
            pane: panes.open?.rawValue, times: times.rawValue, takesMouse: takesMouse,
            hiddenColumns: list.hiddenColumns.map(\.rawValue).sorted())
    }

    /// Ignores unknown values, which another version may have written.
    private mutating func restore(_ view: RememberedView) {
        if let key = SessionSort.Key(rawValue: view.sort) {
            list.sort = SessionSort(key, descending: view.isDescending)
        }
        list.hiddenColumns = Set((view.hiddenColumns ?? []).compactMap(ColumnID.init(rawValue:)))
        let filter = TextSanitizer.line(view.filter)
        // Earlier versions remembered tokens that were searched for.
        list.filterText = InputRedactor.mayContainToken(filter) ? "" : filter
        panes.open = view.pane.flatMap(Panes.Kind.init(rawValue:))
        times = TimeMode(rawValue: view.times) ?? times
        takesMouse = view.takesMouse
    }
}
