import VisitorSessions

/// Opens stored tokens: one that was altered is seen by nothing else. Changes nothing.
struct TokenCheckup {
    /// So many are opened in seconds on a distant server, too.
    private static let usual = 1_000
    private static let pageSize = 500
    private static let named = 5

    let workbench: Workbench

    /// Where the keys are, in words.
    let keys: String

    /// Whether all are opened, however long it takes.
    let isWhole: Bool

    func finding() async throws -> Finding {
        let census = try await workbench.store.census(at: workbench.now(), policy: workbench.manager.policy)
        let (opened, altered) = try await open(of: census.total)
        let damaged = census[.damaged] + altered.count
        guard damaged > 0 else {
            guard opened < census.total else { return .good("sessions", "\(census.total) stored, none damaged") }
            return Finding(
                subject: "sessions", verdict: .good,
                text: "\(census.total) stored, and the tokens of the newest \(opened) open",
                remedy: "session-inspector doctor --all opens the others, too.")
        }
        let unreadable = census[.damaged] == 0 ? [] : try await page([.damaged], limit: Self.named).map(\.id)
        let names = (altered + unreadable).prefix(Self.named).map(\.description).joined(separator: ", ")
        let others = damaged > Self.named ? ", and others" : ""
        return .bad(
            "sessions", "\(damaged) of \(census.total) are damaged: \(names)\(others)",
            "`show` says why. A key that is missing can be put back into \(keys); what was altered is in a copy of the store alone."
        )
    }

    /// How many sessions were looked at, and those whose tokens do not open, though all else can be read.
    private func open(of total: Int) async throws -> (count: Int, altered: [SessionID]) {
        var altered: [SessionID] = []
        var count = 0
        var progress = Progress("sessions opened", of: isWhole ? total : min(total, Self.usual))
        defer { progress.hide() }
        var start = SessionQuery.Start.first
        while isWhole || count < Self.usual {
            let page = try await page(Set(SessionState.allCases), limit: Self.pageSize, start)
            for session in page where session.damage == nil {
                do {
                    _ = try await workbench.store.opened(session.id)
                } catch {
                    guard error.kind == .damaged else { throw error }
                    altered.append(session.id)
                }
                progress.step()
            }
            count += page.count
            guard page.count == Self.pageSize, let last = page.last else { break }
            start = .after(last.position(by: .created))
        }
        return (count, altered)
    }

    private func page(
        _ states: Set<SessionState>, limit: Int, _ start: SessionQuery.Start = .first
    ) async throws -> [VisitorSession] {
        var filter = SessionFilter()
        filter.states = states
        return try await workbench.store.page(
            SessionQuery(
                filter: filter, sort: SessionSort(.created, descending: true), start: start, limit: limit,
                now: workbench.now(), policy: workbench.manager.policy))
    }
}
