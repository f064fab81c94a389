package import struct Foundation.Date

/// The right to do a chore of a store, held by one process, so that of many that would do it one does.
package struct ChoreClaim: Hashable, Sendable {
    /// How long a claim lasts that its holder does not renew.
    package static let duration = Duration.seconds(60)

    package let holder: String

    /// Until when, by the store's clock.
    package let deadline: Date

    package init(holder: String, deadline: Date) {
        self.holder = holder
        self.deadline = deadline
    }

    package init(by holder: String, at now: Date) {
        self.init(holder: holder, deadline: now + Self.duration)
    }

    /// Whether it keeps `other` from the chore at `now`. A deadline further ahead than claims last comes from a
    /// clock that has been set back since, and keeps nobody.
    package func bars(_ other: String, at now: Date) -> Bool {
        holder != other && deadline > now && deadline <= now + Self.duration
    }
}
