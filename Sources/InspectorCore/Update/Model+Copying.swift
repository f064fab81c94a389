import VisitorSessions

extension Model {
    mutating func openCopyMenu() -> [Effect] {
        popups.append(.copy(CopyMenu(targets)))
        return []
    }

    /// A letter of the menu.
    mutating func press(_ key: Key, in menu: CopyMenu) -> [Effect] {
        let place = menu.choices.firstIndex { choice in
            switch choice {
            case .form(let form): form.key.map { Key.character($0) } == key
            case .claims: key == .character("m")
            }
        }
        guard let place else {
            say(.hint, "\(key.quoted) is not in this menu. \(self.key(.back, in: .menu)) goes back.")
            return []
        }
        return choose(place, of: menu)
    }

    mutating func choose(_ place: Int, of menu: CopyMenu) -> [Effect] {
        guard menu.choices.indices.contains(place) else { return [] }
        switch menu.choices[place] {
        case .form(let form):
            popups = []
            return [.copy(form, menu.sessions)]
        case .claims:
            // They are in the tokens: the menu opens its second page when these are read.
            guard let session = menu.sessions.first else { return [] }
            if let content = panes.content, content.session.id == session.id {
                return openClaims(of: content)
            }
            return [.open(session.id)]
        }
    }

    private mutating func openClaims(of content: SessionDetails) -> [Effect] {
        let menu = CopyMenu(claimsOf: content)
        if menu.choices.isEmpty {
            say(.hint, "Its tokens are opaque: they hold no claims that can be read.")
        } else {
            popups.append(.copy(menu))
        }
        return []
    }

    /// An opened session has come while its copy menu waits for its claims.
    mutating func showClaims(of content: SessionDetails) {
        guard case .copy(let menu)? = popups.last, popups.count == 1, menu.sessions.map(\.id) == [content.session.id],
            panes.sessionID != content.session.id
        else { return }
        _ = openClaims(of: content)
    }

    mutating func report(_ copied: Copied) -> [Effect] {
        let name = copied.sessions.count == 1 ? copied.sessions[0].shortName : "\(copied.sessions.count) sessions"
        let what = "the \(copied.form.name) of \(name) (\(copied.characters) characters)"
        switch copied.way {
        case .tmux:
            say(.done, "Copied \(what). It stays in tmux: `tmux delete-buffer` drops it.")
            return []
        case .terminal(let text):
            say(.done, "Copied \(what), where the terminal allows it (OSC 52).")
            return [.offer(text)]
        case .failed(let reason):
            say(.failure, "Nothing was copied. \(reason)")
            return []
        }
    }
}
