public import Foundation
import VisitorSessions

extension Model {
    mutating func pass(to instant: Date) -> [Effect] {
        let isNewSecond = instant.timeIntervalSince1970.rounded(.down) != now.timeIntervalSince1970.rounded(.down)
        // What has been carried along to a later time than this is of no use.
        let isSetBack = instant < now - .seconds(1)
        now = instant
        if let toast, toast.until <= now { self.toast = nil }
        if let reveal, reveal.until <= now { self.reveal = nil }
        list.fadeFlashes(at: now)
        list.noteWait(at: now)
        if let retryAt, retryAt <= now {
            self.retryAt = nil
            return refresh()
        }
        guard frozenAt == nil else { return [] }
        if isSetBack { return refresh() }
        let counting = list.countPlace(at: now) + countWhenDue() + checkIssuer()
        guard isNewSecond else { return counting }
        let hasPassed = census.pass(to: now)
        let isOver = census.nextChange.map { $0 <= now } == true
        if isOver { census.nextChange = nil }
        let statesAreFiltered = !SessionFilter(list.filterText).states.isEmpty
        return counting + (isOver ? count() : []) + ((isOver || hasPassed) && statesAreFiltered ? reload() : [])
    }

    /// When the screen is next different by the passing of time alone. `nil`: never.
    public var nextTick: Date? {
        let wait = list.waitDue.flatMap { $0 > now ? $0 : nil }
        return [nextChange, wait].compactMap(\.self).min()
    }

    /// The same of all but the wait for rows.
    private var nextChange: Date? {
        let second = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) + 1)
        let minute = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / 60).rounded(.down) * 60 + 60)
        if toast != nil || reveal != nil || !list.flashes.isEmpty { return second }
        guard frozenAt == nil else { return retryAt }
        if showsSeconds { return [second, list.placeDue, counting.due].compactMap(\.self).min() }
        // Of a million sessions one ends in every instant: a second is soon enough.
        let change = [census.changes.first?.at, census.nextChange].compactMap(\.self).min().map { max($0, second) }
        let check = issuerProblem.map { _ in issuerCheckAt }
        let times = [list.rows.isEmpty ? nil : minute, change, retryAt, list.placeDue, counting.due, check]
        return times.compactMap(\.self).min()
    }

    /// Whether it is said that other rows than those on the screen are awaited.
    var showsWait: Bool { storeProblem == nil && list.waitDue.map { $0 <= now } == true }

    /// Whether anything on the screen counts seconds.
    var showsSeconds: Bool {
        let isNear = census.nextExpiry.map { $0.timeIntervalSince(shownAt) < 3600 } == true
        if isNear || census.budgetUsedUntil.map({ $0 > shownAt }) == true { return true }
        if let retryAt = panes.content?.session.retryAt, (0..<3601).contains(retryAt.timeIntervalSince(shownAt)) {
            return true
        }
        guard times == .left else { return false }
        let visible = list.rows.dropFirst(list.top).prefix(layout.listHeight)
        return visible.contains { $0.countsSeconds(at: shownAt) }
            || panes.content?.session.countsSeconds(at: shownAt) == true
    }

    /// Stops the screen, or lets it go on with what has happened meanwhile.
    mutating func freeze() -> [Effect] {
        guard frozenAt == nil else {
            frozenAt = nil
            say(.hint, "The screen moves again.")
            return refresh()
        }
        frozenAt = now
        say(
            .hint, "Frozen. Sessions go on; the screen does not, until \(keymap.keyName(of: .freeze)) is pressed again."
        )
        return []
    }
}

extension VisitorSession {
    fileprivate func countsSeconds(at now: Date) -> Bool {
        [accessExpiry.date, refreshExpiry.date].contains { date in
            date.map { (0..<3601).contains($0.timeIntervalSince(now)) } ?? false
        }
    }
}
