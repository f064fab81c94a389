import VisitorSessions

extension Model {
    /// Whoever has the focus takes the key.
    mutating func press(_ key: Key) -> [Effect] {
        let focus = focus
        if layout.isTooSmall {
            // What can't be seen must not be done.
            switch keymap.binding(for: key, in: focus)?.action ?? keymap.binding(for: key, in: .list)?.action {
            case .quit, .quitAtOnce: return [.quit]
            case .suspend: return perform(.suspend, in: focus)
            case .redraw: return [.redraw]
            default: return []
            }
        }
        let isText = if case .character = key { Focus.texts.contains(focus) } else { false }
        let binding = isText ? nil : keymap.binding(for: key, in: focus)
        // A hint answers the key before. The way back finds it in place, where there is nothing else to dismiss.
        if toast?.kind == .hint, binding?.action != .back { toast = nil }
        if let binding {
            if let obstacle = binding.obstacle(self) {
                say(.hint, obstacle)
                return []
            }
            return perform(binding.action, in: focus)
        }
        if let popup = popups.last { return press(key, in: popup) }
        if let line { return press(key, in: line) }
        say(.hint, reason(key))
        return []
    }

    /// Why a key that is not bound here does nothing.
    private func reason(_ key: Key) -> String {
        let elsewhere = Focus.allCases.filter { Focus.panes.contains($0) }.lazy.compactMap { place in
            keymap.binding(for: key, in: place).map { (place, $0) }
        }.first
        guard let (place, binding) = elsewhere else {
            return "\(key.quoted) does nothing here. \(keymap.keyName(of: .help)) shows what does."
        }
        return
            "\(key.quoted) (\(binding.name)) works in the \(place.rawValue). \(keymap.keyName(of: .nextPane)) goes there."
    }

    mutating func perform(_ action: Action, in focus: Focus) -> [Effect] {
        switch action {
        case .quitAtOnce: return [.quit]
        case .redraw: return [.redraw]
        case .suspend: return suspend()
        default: break
        }
        if !popups.isEmpty { return performInPopup(action) }
        switch action {
        case .up: return move(by: -1)
        case .down: return move(by: 1)
        case .pageUp: return move(by: -pageHeight)
        case .pageDown: return move(by: pageHeight)
        case .halfPageUp: return move(by: -pageHeight / 2)
        case .halfPageDown: return move(by: pageHeight / 2)
        case .first: return moveToEnd(.first)
        case .last: return moveToEnd(.last)

        case .generate: return begin([.generate])
        case .renew: return askOrBegin("renew", warning: "Each costs one request.") { .renew($0.id) }
        case .discard: return askToDiscard()
        case .restore:
            return askOrBegin("restore", warning: "They come back as they were.", where: { $0.discardedAt != nil }) {
                .restore($0.id)
            }
        case .autoRenew: return switchAutoRenew()
        case .set, .setNew, .label: return openEditor(action)
        case .undo: return undo()

        case .mark, .range, .clearMarks: return mark(action)
        case .copy: return openCopyMenu()
        case .reveal: return toggleReveal()
        case .tokenInfo: return ask { .askAbout($0) }
        case .probe: return ask { .probe($0) }

        case .filter: return openLine()
        case .accept: return acceptLine()
        case .nextMatch: return goToMatch(1)
        case .previousMatch: return goToMatch(-1)
        case .sort: return sortByNext()
        case .reverse:
            list.sort.descending.toggle()
            return reload()

        case .open: return toggleDetails()
        case .log: return toggleLog()
        case .nextPane: return cyclePanes(1)
        case .previousPane: return cyclePanes(-1)
        case .zoom: return zoom()
        case .times: return switchTimes()
        case .freeze: return freeze()
        case .mouse:
            takesMouse.toggle()
            say(.hint, takesMouse ? "Mouse capture on." : "Mouse capture off. \(self.key(.mouse)) switches it on.")
            return [.mouse(takesMouse)]

        case .palette:
            popups.append(.palette(Palette(place: focus)))
            return []
        case .help:
            popups.append(.help(of: focus, scroll: 0))
            return []
        case .back: return peel()
        case .quit: return isBare ? [.quit] : peel()
        case .confirm, .externalEditor, .quitAtOnce, .redraw, .suspend: return []
        }
    }

    private var pageHeight: Int {
        panes.focus == .list ? layout.listHeight : max(layout.paneHeight - 1, 1)
    }

    /// Whether there is nothing that `q` would close before it quits.
    var isBare: Bool {
        panes.open == nil && list.filterText.isEmpty && list.marks.isEmpty && !panes.isZoomed
    }

    /// One layer off: what is typed, the message, what runs, a range, a pane, the filter, the marks, which nobody finds again
    /// so easily.
    mutating func peel() -> [Effect] {
        if line != nil { return dropLine() }
        if works.contains(where: { $0.isMany && !$0.isStopped }) { return stopWorks() }
        if reveal != nil {
            reveal = nil
            return []
        }
        // Good news is no layer, and no hint is: whoever presses Esc means what is below it.
        let hadMessage = toast != nil
        let isLayer = toast?.kind == .failure
        toast = nil
        if isLayer || hadMessage && isBare { return [] }
        if list.marks.rangeStart != nil {
            list.marks.dropRange()
        } else if !panes.search.isEmpty, panes.focus != .list, panes.open == .session {
            panes.search = ""
        } else if !panes.logFilter.isEmpty, panes.open == .log {
            panes.logFilter = ""
        } else if panes.isZoomed {
            return zoom()
        } else if panes.open != nil {
            panes.close()
            list.keepSelectionVisible(height: layout.listHeight)
        } else if !list.filterText.isEmpty {
            list.filterText = ""
            return reload()
        } else if !list.marks.isEmpty {
            list.marks.clear()
        } else {
            say(.hint, "Press \(key(.quit)) to quit.")
        }
        return []
    }

    private mutating func sortByNext() -> [Effect] {
        let keys = SessionSort.Key.allCases
        let place = keys.firstIndex(of: list.sort.key) ?? 0
        return sort(by: keys[(place + 1) % keys.count])
    }

    /// Sorts by `key`; where it is sorted by that already, the other way round.
    mutating func sort(by key: SessionSort.Key) -> [Effect] {
        list.sort = SessionSort(key, descending: list.sort.key == key && !list.sort.descending)
        say(.hint, "Sorted by \(key.rawValue)\(list.sort.descending ? ", the last first" : "").")
        return reload()
    }

    private mutating func switchTimes() -> [Effect] {
        let modes = TimeMode.allCases
        let place = modes.firstIndex(of: times) ?? 0
        times = modes[(place + 1) % modes.count]
        say(.hint, "Times: \(times.rawValue).")
        return []
    }
}
