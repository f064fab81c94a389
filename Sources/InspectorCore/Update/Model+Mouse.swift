import Foundation
import VisitorSessions

extension Model {
    /// A press does what the key for the thing under it does. Twice on a session opens its details.
    mutating func point(_ event: MouseEvent) -> [Effect] {
        guard takesMouse, !layout.isTooSmall else { return [] }
        let target = InspectorView.frame(self).target(at: event.place)
        switch event.kind {
        case .wheelUp: return wheel(-3, target)
        case .wheelDown: return wheel(3, target)
        case .press: break
        }
        let isSecond = lastPress.map { $0.place.row == event.place.row && now < $0.at + MousePress.pairs } ?? false
        lastPress = isSecond ? nil : MousePress(place: event.place, at: now)
        switch target {
        case .session(let id)?:
            panes.focus = .list
            if isSecond, list.selected?.id == id { return toggleDetails() }
            list.select(id, height: layout.listHeight)
            return followSelection()
        case .sort(let key)?: return sort(by: key)
        case .key(let key)?: return press(key)
        case .pane(let pane)?:
            panes.show(pane)
            return followSelection()
        case .choice(let place)?: return choose(place)
        case .popup?, nil: return []
        }
    }

    private mutating func wheel(_ offset: Int, _ target: Target?) -> [Effect] {
        guard popups.isEmpty else {
            return (0..<abs(offset)).flatMap { _ in performInPopup(offset < 0 ? .up : .down) }
        }
        let before = panes.focus
        defer { panes.focus = before }
        switch target {
        case .session?, .sort?: panes.focus = .list
        case .pane(let pane)?: panes.focus = pane
        default: break
        }
        return move(by: offset)
    }

    /// A press on a line of a popup.
    private mutating func choose(_ place: Int) -> [Effect] {
        switch popups.last {
        case .copy(let menu)?: return choose(place, of: menu)
        case .palette(var palette)?:
            palette.choice = place
            return run(palette)
        default: return []
        }
    }
}
