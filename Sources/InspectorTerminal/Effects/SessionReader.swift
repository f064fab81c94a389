import Foundation
import InspectorCore
import VisitorSessions

/// Reads from the store what the inspector shows.
struct SessionReader: Sendable {
    private static let historyLimit = 50

    /// How many journal entries are searched at a time for a change to undo. A bulk change may extend into older ones.
    private static let undoPage = 500

    /// How the journal's names of programs that people use begin. A server's changes aren't undone here.
    private static let people = ["inspector ", "set ", "discard "]

    let services: InspectorServices
    let policy: SessionPolicy
    let now: @Sendable () -> Date

    private var store: any SessionBrowser { services.store }

    /// The rows around a position in the list.
    func list(_ request: ListRequest) async throws(StoreError) -> LoadedList {
        var query = SessionQuery(
            filter: request.filter, sort: request.sort, limit: request.margin, now: now(), policy: policy)
        switch request.anchor {
        case .first, .last:
            query.start = request.anchor == .first ? .first : .last
            let rows = try await store.page(query)
            let isWhole = rows.count < query.limit
            let use = try await store.use(of: rows.map(\.id))
            return LoadedList(
                answering: request, rows: rows, anchorRow: request.anchor == .first ? 0 : max(rows.count - 1, 0),
                isAtStart: isWhole || request.anchor == .first, isAtEnd: isWhole || request.anchor == .last,
                live: use.live, substitutions: use.substitutions)
        case .session(let id, let lastSeen):
            let place = try await position(of: id, in: query) ?? lastSeen
            query.start = .before(place)
            let before = try await store.page(query)
            query.start = .from(place)
            let behind = try await store.page(query)
            let use = try await store.use(of: (before + behind).map(\.id))
            return LoadedList(
                answering: request, rows: before + behind, anchorRow: before.count,
                isAtStart: before.count < query.limit, isAtEnd: behind.count < query.limit,
                live: use.live, substitutions: use.substitutions)
        }
    }

    /// The next sessions of a job.
    func page(_ request: PageRequest) async -> Result<[VisitorSession], StoreError> {
        var query = SessionQuery(
            filter: request.filter, sort: request.sort, limit: request.limit, now: now(), policy: policy)
        query.start = request.after.map { .from($0) } ?? .first
        do throws(StoreError) {
            return .success(try await store.page(query))
        } catch {
            return .failure(error)
        }
    }

    /// The sessions that running Node applications use: the first ones by label.
    func applications() async throws(StoreError) -> [VisitorSession] {
        var filter = SessionFilter()
        filter.isLive = true
        filter.sources = [LiveSource.Kind.node.rawValue]
        return try await store.page(SessionQuery(filter: filter, limit: 100, now: now(), policy: policy))
    }

    /// How many sessions come before the given one in a list.
    func rank(_ request: RankRequest) async throws(StoreError) -> SessionRank {
        let query = SessionQuery(filter: request.filter, sort: request.sort, limit: 0, now: now(), policy: policy)
        return try await store.rank(of: request.position, in: query)
    }

    /// The session's position now. `nil`: it isn't in this list.
    private func position(of id: SessionID, in query: SessionQuery) async throws(StoreError) -> SessionPosition? {
        guard let session = try await store.session(id) else { return nil }
        let live = query.filter.dependsOnUse ? try await store.liveSessions(among: [id])[id] : nil
        guard query.filter.matches(session, in: session.state(at: query.now, policy: policy), live: live) else {
            return nil
        }
        return session.position(by: query.sort.key)
    }

    /// What the panes show of a session.
    func details(of id: SessionID, withRequests: Bool) async throws(StoreError) -> SessionDetails {
        var (opened, problem): (OpenedSession?, String?)
        do {
            if let found = try await store.opened(id) { opened = found }
        } catch  where error.kind == .damaged {
            problem = error.message
        }
        var session = opened?.session
        if session == nil { session = try await store.session(id) }
        guard let session else { throw StoreError.notFound(id) }
        var details = SessionDetails(
            session: session, history: try await store.history(of: id, limit: Self.historyLimit))
        details.problem = problem
        details.access = opened?.tokens.accessToken.map { services.describe($0.value) }
        details.refresh = opened?.tokens.refreshToken.map { services.describe($0.value) }
        details.live = try await store.liveSessions(among: [id])[id]
        if withRequests { details.requests = try await store.requests(of: id, limit: RequestLimits.perSession) }
        return details
    }

    /// The last set or discard that a person made here or on the command line, if it can still be undone.
    func lastChange() async throws(StoreError) -> LastChange? {
        let events: [JournalEntry.Event] = [.set, .discarded, .restored]
        var seen: Set<SessionID> = []
        var found: LastChange?
        // When the oldest change in `found` was made.
        var start = Date.distantFuture
        var end = try await store.journalEnd()
        let first = end - BulkJob.undoLimit
        repeat {
            let entries = try await store.journal(after: max(end - Self.undoPage, 0), limit: Self.undoPage)
            // Only a session's newest change can be undone.
            for entry in entries.reversed()
            where entry.position <= end && events.contains(entry.draft.event) && seen.insert(entry.session).inserted {
                let event = entry.draft.event
                // Sessions that were discarded together are restored together.
                if let found, found.event != event || start > entry.at + .seconds(1) { return found }
                guard Self.people.contains(where: entry.draft.actor.hasPrefix),
                    let session = try await store.session(entry.session), session.damage == nil
                else { continue }
                switch event {
                case .discarded where session.discardedAt.map { $0 > now() - policy.gracePeriod } == true:
                    found = LastChange(
                        .discarded, at: found?.at ?? entry.at, by: found?.actor ?? entry.draft.actor,
                        sessions: (found?.sessions ?? []) + [session])
                    start = entry.at
                case .set where entry.draft.outcome != JournalEntry.setUndone && session.discardedAt == nil:
                    guard try await store.replacedTokens(of: session.id) != nil else { continue }
                    return LastChange(.set, at: entry.at, by: entry.draft.actor, sessions: [session])
                default: continue
                }
            }
            end -= Self.undoPage
            // Continues as long as the change that was found may extend into older entries.
        } while found != nil && end > max(first, 0)
        return found
    }

    /// The tokens of a session and those they replaced, to be edited.
    func editablePair(of id: SessionID) async throws(StoreError) -> Secret {
        guard let opened = try await store.opened(id) else { throw StoreError.notFound(id) }
        return services.writePair(opened, try await store.replacedTokens(of: id)?.tokens)
    }

    /// The tokens of a session, to show in plain text.
    func tokens(of id: SessionID) async throws(StoreError) -> Tokens {
        guard let opened = try await store.opened(id) else { throw StoreError.notFound(id) }
        return opened.tokens
    }

    /// The sessions that hold a token found in `text`. If there are none, those that once held one.
    func holders(of text: Secret) async throws(StoreError) -> (sessions: [VisitorSession], isNow: Bool) {
        var tokens: [Secret] = []
        if case .success(let previews) = services.read(text, nil) {
            tokens = previews.flatMap { [$0.tokens.refreshToken?.value, $0.tokens.accessToken?.value] }.compactMap(
                \.self)
        }
        if tokens.isEmpty { tokens = InputRedactor.possibleTokens(in: text.reveal()).map { Secret($0) } }
        for isNow in [true, false] {
            for token in tokens {
                let since = isNow ? Date.distantFuture : .distantPast
                let sessions = try await store.sessions(holding: token, since: since, limit: 10)
                if !sessions.isEmpty { return (sessions, isNow) }
            }
        }
        return ([], true)
    }

    /// The tokens in a text, what they would change in the session `target`, and which sessions already hold them.
    func previews(of text: Secret, for target: SessionID?) async -> Result<[TokenPreview], UnreadableTokensNotice> {
        var stored: Tokens?
        if let target {
            do {
                stored = try await store.opened(target)?.tokens
            } catch {
                // Without the stored tokens, it isn't known what the session would lose.
                return .failure(UnreadableTokensNotice(error.message))
            }
        }
        let read = services.read(text, stored)
        guard case .success(var previews) = read else { return read }
        for index in previews.indices { await findHolders(of: &previews[index]) }
        return .success(previews)
    }

    private func findHolders(of preview: inout TokenPreview) async {
        guard let token = preview.tokens.refreshToken?.value ?? preview.tokens.accessToken?.value else { return }
        do {
            let lastRestorable = now() - policy.gracePeriod
            let holders = try await store.sessions(holding: token, since: .distantFuture, limit: 10)
            preview.holders = holders.filter { $0.discardedAt == nil }
            if preview.holders.isEmpty {
                preview.discardedHolder = holders.first { ($0.discardedAt ?? .distantPast) > lastRestorable }
            }
        } catch {
            // Store failures are reported elsewhere, and the store itself refuses duplicates.
        }
    }
}
