public import VisitorSessions

import struct Foundation.Date

/// Where the loaded window stands in the whole list, and how long that is: counted once, and then carried along from
/// window to window, so that no key waits for a count.
struct ListPlace: Sendable {
    /// While a filter is typed, nobody asks where a place in its list is.
    private static let rest: Duration = .milliseconds(300)

    /// How many sessions stand before the window. `nil`: that is not known.
    private(set) var before: Int?

    /// How many sessions the list has. `nil`: that is not known.
    private(set) var total: Int?

    /// What the list is of.
    private var filter: SessionFilter?
    private var sort: SessionSort?

    /// Whether something has changed since the window was asked for, and since it was counted.
    private var isDoubted = false
    private var isStale = false
    private var pace = Pace()

    /// Since when the list is of this.
    private var begunAt = Date.distantPast

    /// Whether the list is of this, as far as is known.
    func isOf(_ filter: SessionFilter, _ sort: SessionSort) -> Bool {
        filter == self.filter && sort == self.sort
    }

    /// Another window has come in the place of `old`.
    mutating func follow(_ loaded: LoadedList, from old: [VisitorSession], at now: Date) {
        let (filter, sort) = (loaded.filter, loaded.sort)
        if !isOf(filter, sort) {
            let isTyped = self.filter != nil && filter != self.filter
            // Another order leaves as many.
            self = ListPlace(total: filter == self.filter ? total : nil, filter: filter, sort: sort)
            if isTyped { begunAt = now }
        } else if let known = before {
            before = Self.shift(from: old, to: loaded.rows).map { max(known + $0, 0) }
        }
        if isDoubted { (isDoubted, isStale) = (false, true) }
        if loaded.isAtStart {
            before = 0
            // Of all sessions the census tells the number.
            if filter == SessionFilter() { isStale = false }
        }
        guard loaded.isAtEnd else { return }
        if let before {
            total = before + loaded.rows.count
        } else {
            before = total.map { max($0 - loaded.rows.count, 0) }
        }
        if loaded.isAtStart { isStale = false }
    }

    private init(total: Int?, filter: SessionFilter, sort: SessionSort) {
        (self.total, self.filter, self.sort) = (total, filter, sort)
    }

    init() {}

    /// How far one window begins behind another that has a row in common with it. `nil`: none tells.
    private static func shift(from old: [VisitorSession], to new: [VisitorSession]) -> Int? {
        guard let first = new.first, let formerFirst = old.first else { return nil }
        return old.firstIndex { $0.id == first.id } ?? new.firstIndex { $0.id == formerFirst.id }.map { -$0 }
    }

    /// Something has changed in the store, wherever that was.
    mutating func doubt() {
        isDoubted = true
    }

    /// When to count: at once where nothing is known, at its pace where it may have changed. `nil`: not at all.
    var due: Date? {
        guard !pace.isAsked, filter != nil else { return nil }
        guard before != nil, total != nil else { return begunAt + Self.rest }
        return isStale ? pace.restsUntil : nil
    }

    /// Whether somebody waits for the first count.
    var isFirstCounted: Bool { pace.isAsked && (before == nil || total == nil) }

    mutating func begin(at now: Date) {
        pace.begin(at: now)
        isStale = false
    }

    /// The answer: how many stand before one row of the window. `nil`: that row has left it meanwhile.
    mutating func end(_ rank: SessionRank, row: Int?, at now: Date) {
        pace.end(at: now)
        total = rank.total
        if let row { before = max(rank.before - row, 0) }
    }

    /// There will be no answer.
    mutating func giveUp() {
        pace.giveUp()
        isStale = true
    }

    /// How many sessions there are, where that is known from elsewhere.
    mutating func set(total: Int) {
        self.total = total
    }
}

/// A question for how many sessions stand before one of the list.
public struct RankRequest: Hashable, Sendable {
    public var filter: SessionFilter
    public var sort: SessionSort
    public var session: SessionID
    public var position: SessionPosition
}
