import Foundation
import VisitorSessions

extension Model {
    /// Runs the key's binding, or edits text with it.
    mutating func press(_ key: Key) -> [Effect] {
        let focus = focus
        if layout.isTooSmall {
            // Other keys would act on a screen that isn't drawn.
            let binding = keymap.binding(for: key, in: focus) ?? keymap.binding(for: key, in: .list)
            switch binding?.action {
            case .backOrQuit, .quit: return [.quit]
            case .suspend, .redraw: return binding?.handler(&self) ?? []
            default: return []
            }
        }
        let isText = if case .character = key { Focus.texts.contains(focus) } else { false }
        let binding = isText ? nil : keymap.binding(for: key, in: focus)
        // A hint is about the previous key. The back key dismisses it itself.
        if status.toast?.kind == .hint, binding?.action != .back { status.toast = nil }
        if let binding { return run(binding) }
        if !popups.isEmpty { return pressInPopup(key) }
        if var prompt {
            guard prompt.edit(key) else { return reportUnhandledKey(key) }
            return apply(prompt)
        }
        return hint(reasonUnbound(key))
    }

    /// Runs a binding, or reports why it is disabled.
    mutating func run(_ binding: KeyBinding) -> [Effect] {
        guard let reason = binding.disabledReason(in: self) else { return binding.handler(&self) }
        return hint(reason)
    }

    /// Runs a binding with a text, or reports why it is disabled.
    mutating func run(_ binding: KeyBinding, with text: String) -> [Effect] {
        guard let reason = binding.disabledReason(in: self) else { return binding.run(&self, with: text) }
        return hint(reason)
    }

    private func reasonUnbound(_ key: Key) -> String {
        for context in Focus.allCases where Focus.panes.contains(context) {
            guard let binding = keymap.binding(for: key, in: context) else { continue }
            return InspectorTexts.keyWorksElsewhere(key, binding.name, in: context, nextPane: self.key(.nextPane))
        }
        return InspectorTexts.unknownKey(key, help: self.key(.help))
    }

    /// Reports that a key does nothing in a popup or the prompt.
    mutating func reportUnhandledKey(_ key: Key, canAccept: Bool = true) -> [Effect] {
        let accept = canAccept ? self.key(.accept, in: focus) : nil
        return hint(InspectorTexts.unhandledKey(key, accept: accept, back: self.key(.back, in: focus)))
    }

    // MARK: Moving

    /// Moves in the top popup, in the list, or in the focused pane.
    mutating func move(_ motion: Motion) -> [Effect] {
        if let popup = popups.last { return move(motion, in: popup) }
        guard panes.focus == .list else {
            let page = max(layout.paneHeight - 1, 1)
            if let rows = eventRows(of: panes.focus) {
                panes.moveCursor(motion, page: page, count: rows.count)
            } else {
                panes.scroll(motion, page: page, limit: scrollLimit)
            }
            return []
        }
        return list.move(motion, height: layout.listHeight) + panes.follow(list.selected)
    }

    // MARK: Going back

    mutating func goBack() -> [Effect] { popups.isEmpty ? dismissTopLayer() : cancelPopup() }

    /// Dismisses one layer: the prompt, a running bulk job, revealed tokens, a failure, a range, a search, a pane, the
    /// filter. Marks come last, because they are the hardest to restore.
    private mutating func dismissTopLayer() -> [Effect] {
        if prompt != nil { return cancelPrompt() }
        if jobs.canStop {
            jobs.stop()
            return []
        }
        if panes.hideTokens() { return [] }
        // Only failure toasts consume the key, unless there is nothing else to dismiss.
        let hadToast = status.toast != nil
        let isFailure = status.toast?.kind == .failure
        status.toast = nil
        if isFailure || hadToast && hasNothingToDismiss { return [] }
        if list.marks.rangeStart != nil {
            list.marks.cancelRange()
        } else if !panes.search.isEmpty, panes.focus != .list, panes.open == .session {
            panes.search = ""
        } else if !panes.filter.isEmpty {
            panes.setFilter("")
        } else if panes.isZoomed {
            return zoom()
        } else if panes.open != nil {
            panes.close()
        } else if !list.filterText.isEmpty {
            list.filterText = ""
            return reload()
        } else if !list.marks.isEmpty {
            list.marks.clear()
        } else {
            showToast(.hint, InspectorTexts.pressToQuit(key(.backOrQuit)))
        }
        return []
    }
}
