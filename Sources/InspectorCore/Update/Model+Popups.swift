import VisitorSessions

extension Model {
    /// A key that the keymap has in no popup: text, a letter of a menu, or no.
    mutating func press(_ key: Key, in popup: Popup) -> [Effect] {
        switch popup {
        case .help, .notice:
            // Who wanted to read on, or meant what lies below, sees that the key did nothing.
            if [.enter, .character(" ")].contains(key) {
                popups.removeLast()
            } else {
                return deny(key, goingOn: false)
            }
        case .confirmation(let confirmation):
            return answer(confirmation, isYes: false)
        case .palette(var palette):
            guard palette.field.edit(key) else { return deny(key) }
            palette.choice = 0
            replaceTop(.palette(palette))
        case .setTokens(var editor):
            guard editor.field.edit(key) else { return deny(key) }
            return read(editor)
        case .label(var editor):
            guard editor.field.edit(key) else { return deny(key) }
            replaceTop(.label(editor))
        case .copy(let menu):
            return press(key, in: menu)
        }
        return []
    }

    /// Says that a key means nothing here.
    mutating func deny(_ key: Key, goingOn: Bool = true) -> [Effect] {
        let accept = goingOn ? "\(self.key(.accept, in: focus)) goes on, " : ""
        say(.hint, "\(key.quoted) does nothing here. \(accept)\(self.key(.back, in: focus)) goes back.")
        return []
    }

    mutating func performInPopup(_ action: Action) -> [Effect] {
        guard let popup = popups.last else { return [] }
        if action == .back || action == .quit { return close(popup) }
        switch popup {
        case .help(let focus, let scroll):
            let line = scrolled(scroll, action, limit: PopupView.scrollLimit(of: popup, self))
            replaceTop(.help(of: focus, scroll: line))
        case .notice(var notice):
            notice.scroll = scrolled(notice.scroll, action, limit: PopupView.scrollLimit(of: popup, self))
            replaceTop(.notice(notice))
        case .confirmation(let confirmation):
            return answer(confirmation, isYes: action == .confirm)
        case .palette(var palette):
            if action == .accept { return run(palette) }
            palette.choice = scrolled(palette.choice, action, limit: max(commands(palette).count - 1, 0))
            replaceTop(.palette(palette))
        case .copy(var menu):
            if action == .accept { return choose(menu.choice, of: menu) }
            menu.choice = scrolled(menu.choice, action, limit: max(menu.choices.count - 1, 0))
            replaceTop(.copy(menu))
        case .setTokens(let editor):
            if action == .externalEditor { return [.edit(Secret(editor.field.text))] }
            return action == .accept ? apply(editor) : []
        case .label(let editor):
            return action == .accept ? applyLabel(editor) : []
        }
        return []
    }

    /// The way out of every popup.
    private mutating func close(_ popup: Popup) -> [Effect] {
        popups.removeLast()
        switch popup {
        case .setTokens: say(.hint, "No tokens were set.")
        case .label: say(.hint, "The label is unchanged.")
        case .confirmation: say(.hint, "Cancelled. Press \(key(.confirm, in: .confirmation)) to confirm.")
        default: break
        }
        return []
    }

    func scrolled(_ line: Int, _ action: Action, limit: Int) -> Int {
        let page = max(size.height - 6, 1)
        let wanted =
            switch action {
            case .up: line - 1
            case .down: line + 1
            case .pageUp: line - page
            case .pageDown: line + page
            case .halfPageUp: line - page / 2
            case .halfPageDown: line + page / 2
            case .first: 0
            case .last: limit
            default: line
            }
        return min(max(wanted, 0), limit)
    }

    mutating func replaceTop(_ popup: Popup) {
        popups[popups.count - 1] = popup
    }

    // MARK: The palette

    /// The commands that the typed words name, by name or description.
    func commands(_ palette: Palette) -> [KeyBinding] {
        let words = palette.field.text.lowercased().split(separator: " ")
        return keymap.bindings(in: palette.place).filter { binding in
            let text = "\(binding.action.rawValue) \(binding.name) \(binding.help)".lowercased()
            return binding.action != .palette && words.allSatisfy { text.contains($0) }
        }
    }

    mutating func run(_ palette: Palette) -> [Effect] {
        let commands = commands(palette)
        guard commands.indices.contains(palette.choice) else { return [] }
        popups.removeLast()
        let binding = commands[palette.choice]
        if let obstacle = binding.obstacle(self) {
            say(.hint, obstacle)
            return []
        }
        return perform(binding.action, in: palette.place)
    }
}
