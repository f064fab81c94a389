import VisitorSessions

/// Keys for moving, searching and changing the view.
extension Keymap {
    static let moving = [
        moving(.up, [.up, "k"], "up", "move up", .lines(-1)),
        moving(.down, [.down, "j"], "down", "move down", .lines(1)),
        moving(.pageUp, [.pageUp], "page up", "move up a page", .pages(-1)),
        moving(.pageDown, [.pageDown], "page down", "move down a page", .pages(1)),
        moving(.halfPageUp, [.control("u")], "half up", "move up half a page", .halfPages(-1)),
        moving(.halfPageDown, [.control("d")], "half down", "move down half a page", .halfPages(1)),
        moving(.first, [.home, "<"], "first", "go to the start", .first),
        moving(.last, [.end, ">", "G"], "last", "go to the end", .last),
    ]

    /// - Parameter contexts: By default, everywhere except where text is typed.
    static func moving(
        _ action: Action, _ keys: [Key], _ name: String, _ help: String, _ motion: Motion,
        in contexts: Set<Focus> = Focus.panes.union([.help, .notice, .menu])
    ) -> KeyBinding {
        KeyBinding(action, keys, name, help, in: contexts) { $0.move(motion) }
    }

    static let searching = [
        KeyBinding(
            .filter, ["/"], "filter", "filter the list (state:exp, label:bug, !word); search a pane", bar: 4, pane: 3
        ) { $0.openPrompt() }.withText {
            let effects = $0.apply(TextField($1))
            return effects + $0.acceptPrompt()
        },
        KeyBinding(.nextMatch, ["n"], "next", "go to the next match", unless: \.reasonNoSearch) { $0.goToMatch(1) },
        KeyBinding(
            .previousMatch, ["N"], "previous", "go to the previous match", unless: \.reasonNoSearch
        ) { $0.goToMatch(-1) },
        // Comes before `sort`, because “sort” is also an alias of the menu: `:sort` opens the menu.
        KeyBinding(.sortMenu, [], "sort", "choose what to sort by", in: [.list]) { model in
            let choice = SessionSort.Key.allCases.firstIndex(of: model.list.sort.key) ?? 0
            return model.show(.view(ViewMenu(kind: .sort, choice: choice)))
        },
        KeyBinding(.sort, ["o"], "sort", "sort by the next column", in: [.list], bar: 8) {
            $0.list.sortByNext()
            return $0.reportSort()
        },
        KeyBinding(.reverse, ["O"], "reverse", "reverse the order", in: [.list]) {
            $0.list.sort.descending.toggle()
            return $0.reload()
        },
        KeyBinding(.columns, ["c"], "columns", "choose the columns of the list", in: [.list]) {
            $0.show(.view(ViewMenu(kind: .columns)))
        },
        KeyBinding(
            .open, [.enter], "open", "open or close the details; show an event", bar: 5, pane: 3,
            unless: { $0.selectedEvent == nil ? $0.reasonNoSelection : nil }
        ) { $0.openSelection() },
        KeyBinding(
            .nextPane, [.tab], "pane", "go to the next pane", bar: 10, pane: 1
        ) { $0.panes.cycle(by: 1, selected: $0.list.selected) },
        KeyBinding(.previousPane, [.backTab], "previous pane", "go to the previous pane") {
            $0.panes.cycle(by: -1, selected: $0.list.selected)
        },
        KeyBinding(.fold, [.left], "fold", "fold the claims", in: [.details]) { $0.fold(true) },
        KeyBinding(.unfold, [.right], "unfold", "unfold the claims", in: [.details]) { $0.fold(false) },
        KeyBinding(.zoom, ["z"], "zoom", "zoom the pane", pane: 2) { $0.zoom() },
    ]

    /// Palette commands that sort the list.
    static let sorting = [
        sorting(.sortByAccess, .accessExpiry), sorting(.sortByRefresh, .refreshExpiry),
        sorting(.sortByCreated, .created),
        sorting(.sortByRenewed, .renewed), sorting(.sortByLabel, .label),
    ]

    private static func sorting(_ action: Action, _ key: SessionSort.Key) -> KeyBinding {
        KeyBinding(action, [], "sort", "sort by \(key.noun) (repeat to reverse)", in: [.list]) {
            $0.list.sort(by: key)
            return $0.reportSort()
        }
    }

    static let themes = [
        theme(.themeLight, isLight: true, "colors for a light background"),
        theme(.themeDark, isLight: false, "colors for a dark background"),
        theme(.themeAuto, isLight: nil, "colors for the terminal's background"),
    ]

    private static func theme(_ action: Action, isLight: Bool?, _ help: String) -> KeyBinding {
        KeyBinding(action, [], "theme", help) { _ in [.theme(isLight: isLight)] }
    }

    static let showing = [
        KeyBinding(.times, ["t"], "times", "show relative, local or UTC times") {
            $0.switchTimes()
        },
        KeyBinding(.freeze, ["f"], "freeze", "pause or resume the display") { $0.toggleFreeze() },
        KeyBinding(
            .requests, ["w"], "requests", "show the requests of a running application", pane: 7,
            unless: \.reasonNoSelection
        ) { $0.panes.toggleRequests(of: $0.list.selected) },
        KeyBinding(.log, ["l"], "log", "open or close the event log", bar: 9, pane: 6) {
            $0.panes.toggleLog()
            return []
        },
    ]
}

extension Model {
    fileprivate var reasonNoSearch: String? {
        let panes = InspectorTexts.searchesPanes(next: key(.nextMatch), previous: key(.previousMatch))
        return switch focus {
        case .list: list.filterText.isEmpty ? panes : "\(InspectorTexts.listIsFiltered) \(panes)"
        case .requests, .log: self.panes.search.isEmpty ? panes : "\(InspectorTexts.paneIsFiltered) \(panes)"
        default: self.panes.search.isEmpty ? InspectorTexts.noSearch(filter: key(.filter, in: focus)) : nil
        }
    }

    mutating func reportSort() -> [Effect] {
        showToast(.hint, InspectorTexts.sorted(by: list.sort))
        return reload()
    }

    fileprivate mutating func openSelection() -> [Effect] {
        guard let event = selectedEvent else { return panes.toggleDetails(of: list.selected) }
        return show(.notice(event.notice(self)))
    }

    mutating func zoom() -> [Effect] {
        if panes.open == nil {
            showToast(.hint, InspectorTexts.nothingToZoom(open: key(.open), log: key(.log)))
        } else {
            panes.isZoomed.toggle()
            list.keepSelectionVisible(height: layout.listHeight)
        }
        return reload()
    }

    fileprivate mutating func fold(_ isFolding: Bool) -> [Effect] {
        let before = panes.folded
        panes.fold(isFolding, panes.content.map(ClaimLines.nodes) ?? [])
        return panes.folded == before ? hint(InspectorTexts.nothingToFold) : []
    }

    fileprivate mutating func switchTimes() -> [Effect] {
        let modes = TimeMode.allCases
        times = modes[((modes.firstIndex(of: times) ?? 0) + 1) % modes.count]
        return hint(times == .relative ? InspectorTexts.relativeTimes : InspectorTexts.times(in: times.rawValue))
    }

    fileprivate mutating func toggleFreeze() -> [Effect] {
        guard frozenAt == nil else {
            frozenAt = nil
            showToast(.hint, InspectorTexts.resumed)
            return refresh()
        }
        frozenAt = now
        return hint(InspectorTexts.frozen(freeze: key(.freeze)))
    }

    // MARK: The prompt: the filter of the list or the log, or the search in the other panes

    fileprivate mutating func openPrompt() -> [Effect] {
        prompt = TextField(promptText)
        return []
    }

    /// The text that the prompt edits in the focused pane.
    fileprivate var promptText: String {
        switch panes.focus {
        case .requests, .log: panes.filter
        case .details, .history: panes.search
        default: list.filterText
        }
    }

    /// Applies the prompt after each change.
    mutating func apply(_ field: TextField) -> [Effect] {
        prompt = field
        // A token is neither shown nor kept. Enter searches for its session.
        let text =
            InputRedactor.mayContainToken(field.text) ? "" : listFilterApplies ? withoutKey(field.text) : field.text
        guard promptText != text else { return [] }
        switch panes.focus {
        case .requests, .log: panes.setFilter(text)
        case .details, .history: panes.search(for: text, in: searchableLines, limit: scrollLimit)
        default:
            list.filterText = text
            return list.load(.first, height: layout.listHeight)
        }
        return []
    }

    /// Whether the prompt filters the list.
    var listFilterApplies: Bool { panes.focus == .list }

    /// The text without an incomplete key at its end, so that the list doesn't change while `state:` is typed.
    private func withoutKey(_ text: String) -> String {
        guard SessionFilter.completions(of: text).first?.hasSuffix(":") == true else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).dropLast().joined(separator: " ")
    }

    /// Completes the filter's last word as far as it is unambiguous. If that adds nothing, uses the first completion.
    mutating func completePrompt() -> [Effect] {
        guard var prompt, listFilterApplies else { return [] }
        let completions = SessionFilter.completions(of: prompt.text)
        guard let first = completions.first else { return hint(InspectorTexts.nothingToComplete) }
        let typed = prompt.text.reversed().prefix { !" :,!".contains($0) }.count
        let common = completions.dropFirst().reduce(first) { String(zip($0, $1).prefix { $0 == $1 }.map(\.0)) }
        prompt = TextField(prompt.text.dropLast(typed) + (common.count > typed ? common : first))
        return apply(prompt)
    }

    /// Closes the prompt and keeps its filter or search. If a token was typed, searches for its session.
    mutating func acceptPrompt() -> [Effect] {
        defer { prompt = nil }
        guard let text = prompt?.text else { return [] }
        if InputRedactor.mayContainToken(text) { return findHolder(of: text) }
        guard listFilterApplies, list.filterText != text else { return [] }
        list.filterText = text
        return list.load(.first, height: layout.listHeight)
    }

    mutating func findHolder(of text: String) -> [Effect] { cancelPrompt() + [.findHolder(of: Secret(text))] }

    /// Closes the prompt and clears what it edited.
    mutating func cancelPrompt() -> [Effect] {
        defer { prompt = nil }
        return apply(TextField())
    }

    fileprivate mutating func goToMatch(_ step: Int) -> [Effect] {
        if !panes.goToMatch(step, in: searchableLines, limit: scrollLimit) {
            showToast(.hint, InspectorTexts.noSearchMatch(panes.search))
        }
        return []
    }

    fileprivate var searchableLines: [String] { paneLines(of: panes.focus).map(\.text) }

    /// Filters the list for the session that holds a token now, or that once held it.
    mutating func showHolder(among sessions: [VisitorSession], isNow: Bool) -> [Effect] {
        guard let session = sessions.preferredHolder else {
            return hint(InspectorTexts.noHolder(setNew: isReadOnly ? nil : key(.setNew)))
        }
        panes.focus = .list
        list.filterText = (session.discardedAt == nil ? "" : "state:discarded ") + session.id.prefix(8)
        showToast(.done, InspectorTexts.holder(session.shortName, isNow: isNow))
        return list.load(.first, height: layout.listHeight)
    }
}
