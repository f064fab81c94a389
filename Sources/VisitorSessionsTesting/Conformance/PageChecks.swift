import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let pageChecks: [Check] = SessionSort.Key.allCases.flatMap { key in
        [false, true].map { descending in
            let order = descending ? "descending" : "ascending"
            return Check("pages by \(key.rawValue), \(order), match from every starting position") { bench in
                try await checkPages(bench, sort: SessionSort(key, descending: descending))
            }
        }
    }

    private static func checkPages(_ bench: ConformanceBench, sort: SessionSort) async throws {
        var generated = GeneratedSessions(at: bench.now)
        var stored: [VisitorSession] = []
        for _ in 0..<80 {
            let (session, tokens) = generated.next()
            stored.append(try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft))
        }
        for states in [Set<SessionState>(), Set(SessionState.allCases)] {
            let model = Model(sessions: stored.filter { !states.isEmpty || $0.discardedAt == nil }, sort: sort)
            var filter = SessionFilter()
            filter.states = states
            var starts: [SessionQuery.Start] = [.first, .last]
            for session in model.sessions.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) + stored.suffix(3)
            {
                let place = session.position(by: sort.key)
                // The lowest position with the same value, where there is no session.
                let lowest = SessionPosition(
                    place.value, SessionID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))))
                for place in [place, lowest] {
                    starts += [.after(place), .from(place), .before(place)]
                    let rank = try await bench.store.rank(of: place, in: bench.query(filter, sort: sort, limit: 7))
                    try requireEqual(rank, model.rank(of: place), "the rank of \(place)")
                }
            }
            for start in starts {
                for limit in [1, 7, 1000] {
                    let page = try await bench.store.page(bench.query(filter, sort: sort, start: start, limit: limit))
                    try requireEqual(
                        page.map(\.id), model.page(start, limit: limit).map(\.id), "\(limit) sessions \(start)")
                }
            }
            try await checkPages(bench, filter: filter, model: model)
        }
    }

    /// Reads page after page to the end and back.
    private static func checkPages(_ bench: ConformanceBench, filter: SessionFilter, model: Model) async throws {
        func pages(from start: SessionQuery.Start, on: ([VisitorSession]) -> SessionQuery.Start?) async throws
            -> [[VisitorSession]]
        {
            var all: [[VisitorSession]] = []
            var next: SessionQuery.Start? = start
            while let start = next, all.count < 100 {
                let page = try await bench.store.page(bench.query(filter, sort: model.sort, start: start, limit: 9))
                all.append(page)
                next = on(page)
            }
            return all
        }
        let key = model.sort.key
        let down = try await pages(from: .first) { page in page.last.map { .after($0.position(by: key)) } }
        try requireEqual(down.flatMap(\.self), model.sessions, "the pages downwards")
        let up = try await pages(from: .last) { page in page.first.map { .before($0.position(by: key)) } }
        try requireEqual(up.reversed().flatMap(\.self), model.sessions, "the pages upwards")
    }

    /// The expected list, computed only from the definition of the order.
    private struct Model {
        let sessions: [VisitorSession]
        let sort: SessionSort

        init(sessions: [VisitorSession], sort: SessionSort) {
            self.sort = sort
            let rising = sessions.sorted { $0.position(by: sort.key) < $1.position(by: sort.key) }
            self.sessions = sort.descending ? rising.reversed() : rising
        }

        func rank(of place: SessionPosition) -> SessionRank {
            SessionRank(
                before: sessions.count { sort.isBefore($0.position(by: sort.key), place) }, total: sessions.count)
        }

        func page(_ start: SessionQuery.Start, limit: Int) -> [VisitorSession] {
            let isBefore = sort.isBefore
            let positions = sessions.map { $0.position(by: sort.key) }
            let pairs = zip(sessions, positions)
            return switch start {
            case .first: Array(sessions.prefix(limit))
            case .last: Array(sessions.suffix(limit))
            case .after(let place): Array(pairs.filter { isBefore(place, $0.1) }.map(\.0).prefix(limit))
            case .from(let place): Array(pairs.filter { !isBefore($0.1, place) }.map(\.0).prefix(limit))
            case .before(let place): Array(pairs.filter { isBefore($0.1, place) }.map(\.0).suffix(limit))
            }
        }
    }
}
