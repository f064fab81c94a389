import Foundation
import TestProcesses
import Testing
import VisitorSessions

@testable import PostgresSessions

@Suite(.enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing), .timeLimit(.minutes(2)))
struct LongLabelTests {
    @Test(
        "Labels longer than their index prefix are sorted among short ones in both directions"
    )
    func order() async throws {
        let database = try TestDatabase()
        let store = try database.open()
        let beginning = String(repeating: "a", count: 200)
        let labels = [
            "", "", "a", String(repeating: "a", count: 199), beginning, beginning, beginning + "b", beginning + "a",
            beginning + "a", beginning + String(repeating: "z", count: 5000), String(repeating: "a", count: 199) + "b",
            "b",
            String(repeating: "Ä", count: 200), String(repeating: "Ä", count: 201), "\u{20}",
        ]
        var stored: [VisitorSession] = []
        for (number, label) in labels.enumerated() {
            let tokens = database.tokens("\(number)")
            let session = VisitorSession(label: label, clientID: "client", tokens: tokens, at: Date())
            stored.append(try await store.insert(session, tokens: tokens, entry: .init(.set, actor: "test")))
        }
        for descending in [false, true] {
            let sort = SessionSort(.label, descending: descending)
            let expected = stored.sorted { sort.isBefore($0.position(by: .label), $1.position(by: .label)) }
            for (place, session) in expected.enumerated() {
                let position = session.position(by: .label)
                let pages: [(SessionQuery.Start, ArraySlice<VisitorSession>)] = [
                    (.first, expected.prefix(4)), (.last, expected.suffix(4)),
                    (.after(position), expected.dropFirst(place + 1).prefix(4)),
                    (.from(position), expected.dropFirst(place).prefix(4)),
                    (.before(position), expected.prefix(place).suffix(4)),
                ]
                for (start, page) in pages {
                    let query = SessionQuery(sort: sort, start: start, limit: 4, now: Date(), policy: SessionPolicy())
                    #expect(try await store.page(query).map(\.id) == page.map(\.id), "\(place) \(start)")
                }
            }
        }
    }
}
