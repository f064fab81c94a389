import VisitorSessions

extension Model {
    mutating func move(by offset: Int) -> [Effect] {
        guard panes.focus == .list else {
            scroll(by: offset)
            return []
        }
        return list.move(by: offset, height: layout.listHeight) + followSelection()
    }

    mutating func moveToEnd(_ end: ListRequest.Anchor) -> [Effect] {
        guard panes.focus == .list else {
            scroll(by: end == .first ? -100_000 : 100_000)
            return []
        }
        let isHere = end == .first ? list.isAtStart : list.isAtEnd
        // What is at hand needs no question, and whoever presses the next key at once means the row at the end.
        guard list.awaitsOthers || !isHere else { return move(by: end == .first ? -list.rows.count : list.rows.count) }
        return list.load(end, height: layout.listHeight)
    }

    mutating func scroll(by offset: Int) {
        let limit = PaneView.scrollLimit(of: panes.focus, self)
        let line = min(max(min(panes.scroll[panes.focus, default: 0], limit) + offset, 0), limit)
        // Whoever is at the end of the log stays at its end.
        panes.scroll[panes.focus] = panes.focus == .log && line == limit ? Panes.end : line
    }

    mutating func toggleDetails() -> [Effect] {
        guard panes.open != .session else {
            panes.close()
            reveal = nil
            list.keepSelectionVisible(height: layout.listHeight)
            return []
        }
        panes.isZoomed = false
        panes.open = .session
        panes.focus = .list
        list.keepSelectionVisible(height: layout.listHeight)
        return followSelection()
    }

    mutating func toggleLog() -> [Effect] {
        if panes.open == .log {
            panes.close()
        } else {
            panes.show(.log)
            panes.scroll[.log] = Panes.end
        }
        list.keepSelectionVisible(height: layout.listHeight)
        return []
    }

    mutating func cyclePanes(_ offset: Int) -> [Effect] {
        if list.selected == nil {
            // Without a session there are the list and the log.
            return panes.focus == .list ? toggleLog() : focusList()
        }
        panes.cycle(by: offset)
        list.keepSelectionVisible(height: layout.listHeight)
        return followSelection()
    }

    private mutating func focusList() -> [Effect] {
        panes.focus = .list
        return []
    }

    mutating func zoom() -> [Effect] {
        if panes.open == nil {
            say(.hint, "Nothing to zoom. \(key(.open)) opens the details, \(key(.log)) the log.")
        } else {
            panes.isZoomed.toggle()
        }
        list.keepSelectionVisible(height: layout.listHeight)
        return reload()
    }

    // MARK: Tokens

    mutating func toggleReveal() -> [Effect] {
        guard reveal == nil, let session = list.selected else {
            reveal = nil
            return []
        }
        if panes.focus == .history { panes.show(.details) }
        let opening = panes.open == .session ? [] : toggleDetails()
        return opening + [.reveal(session.id)]
    }

    /// Shows tokens in the clear, where their session is still the one that is looked at.
    mutating func show(_ tokens: Tokens, of id: SessionID) {
        guard panes.open == .session, panes.sessionID == id else { return }
        panes.scroll[.details] = 0
        reveal = Reveal(session: id, tokens: tokens, until: now + Reveal.duration)
    }

    /// Asks the issuer something about the selected session.
    mutating func ask(_ question: (VisitorSession) -> Effect) -> [Effect] {
        guard let session = list.selected else { return [] }
        openQuestions += 1
        toast = nil
        return [question(session)]
    }

    /// Shows an answer, but never in the way of somebody who types by now.
    mutating func show(_ notice: Notice, about session: VisitorSession) {
        openQuestions = max(openQuestions - 1, 0)
        let text = notice.lines.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        let kind: EventLog.Line.Kind = notice.lines.contains(where: \.isFailure) ? .failure : .done
        log.add(.init(at: now, kind: kind, session: session.id, text: "\(notice.title): \(text)"))
        if popups.isEmpty, line == nil {
            popups.append(.notice(notice))
        } else {
            say(.hint, "\(notice.title): the answer is in the log (\(keymap.keyName(of: .log))).")
        }
    }
}
