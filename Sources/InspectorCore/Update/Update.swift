import VisitorSessions

import struct Foundation.Date

/// The one place where the model changes. Pure: what has to happen outside is returned.
public func update(_ model: inout Model, _ message: Message) -> [Effect] {
    switch message {
    case .key(let key):
        return model.press(key)
    case .paste(let text):
        return model.paste(text)
    case .resized(let size):
        model.size = size
        model.list.keepSelectionVisible(height: model.layout.listHeight)
        return model.reload()
    case .time(let now):
        return model.pass(to: now)
    case .storeChanged:
        return model.refresh()
    case .storeFailed(let error):
        model.storeProblem = error.message
        model.retryAt = model.now + .seconds(1)
        model.list.giveUpLoading()
        model.counting.giveUp()
        return []
    case .loaded(let loaded):
        model.storeProblem = nil
        return model.list.take(loaded, height: model.layout.listHeight) + model.followSelection()
    case .counted(let census):
        model.storeProblem = nil
        model.census = census
        return model.counting.end() ? model.count() : []
    case .opened(let details):
        model.show(details)
        return []
    case .read(let result, let serial):
        return model.understand(result, serial: serial)
    case .finished(let outcome):
        return model.finish(outcome)
    }
}

extension Model {
    mutating func reload() -> [Effect] {
        list.load(height: layout.listHeight)
    }

    /// Everything that the store shows, anew.
    mutating func refresh() -> [Effect] {
        reload() + count() + (details.map { [.open($0.id)] } ?? [])
    }

    /// Counts anew, one count at a time.
    mutating func count() -> [Effect] {
        counting.begin() ? [.count(at: now)] : []
    }

    /// Shows an opened session, unless a later version of it, or another one, is shown.
    mutating func show(_ content: SessionDetails) {
        guard details?.id == content.session.id else { return }
        guard content.session.version >= details?.content?.session.version ?? 0 else { return }
        details?.content = content
    }

    /// Opens the selected session's details where others are shown.
    mutating func followSelection() -> [Effect] {
        guard let details else { return [] }
        guard let selected = list.selected else {
            self.details = nil
            pane = .list
            return []
        }
        guard selected.id != details.id else { return [] }
        self.details = Details(id: selected.id)
        return [.open(selected.id)]
    }

    mutating func pass(to instant: Date) -> [Effect] {
        now = instant
        if let toast, toast.until <= now { self.toast = nil }
        if let retryAt, retryAt <= now {
            self.retryAt = nil
            return refresh()
        }
        guard let nextChange = census.nextChange, nextChange <= now else { return [] }
        census.nextChange = nil
        let statesAreFiltered = !SessionFilter(list.filterText).states.isEmpty
        return count() + (statesAreFiltered ? reload() : [])
    }

    mutating func say(_ kind: Toast.Kind, _ text: String) {
        let seconds: Double = kind == .failure ? 15 : 5
        toast = Toast(kind: kind, text: text, until: now.addingTimeInterval(seconds))
    }
}
