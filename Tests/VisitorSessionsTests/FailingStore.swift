import Foundation
import Synchronization
import VisitorSessions
import VisitorSessionsTesting

/// A store that becomes unavailable on request, for writing pairs or for everything.
final class FailingStore: ForwardingStore {
    enum Weather: Sendable { case fair, noPairs, away }

    let store: InMemorySessionStore
    private let weather = Mutex(Weather.fair)
    private let away = StoreError(.unavailable, "The disk is full.")

    init(_ store: InMemorySessionStore, _ weather: Weather = .fair) {
        self.store = store
        set(weather)
    }

    func set(_ weather: Weather) {
        self.weather.withLock { $0 = weather }
    }

    private func check(_ isPair: Bool) throws(StoreError) {
        switch weather.withLock(\.self) {
        case .fair: return
        case .noPairs: if isPair { throw away }
        case .away: throw away
        }
    }

    func opened(_ id: SessionID) throws(StoreError) -> OpenedSession? {
        try check(false)
        return try store.opened(id)
    }

    func page(_ query: SessionQuery) throws(StoreError) -> [VisitorSession] {
        try check(false)
        return store.page(query)
    }

    func journal(after position: Int, limit: Int) throws(StoreError) -> [JournalEntry] {
        try check(false)
        return store.journal(after: position, limit: limit)
    }

    func insert(
        _ session: VisitorSession, tokens: Tokens, entry: JournalEntry.Draft
    ) throws(StoreError) -> VisitorSession {
        try check(true)
        return try store.insert(session, tokens: tokens, entry: entry)
    }

    func update(
        _ session: VisitorSession, tokens: Tokens?, entry: JournalEntry.Draft?, keeping replaced: ReplacedTokens?
    ) throws(StoreError) -> VisitorSession {
        try check(true)
        return try store.update(session, tokens: tokens, entry: entry, keeping: replaced)
    }
}
