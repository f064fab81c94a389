import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let nameChecks: [Check] = [
        Check("a session goes by the beginning of its ID, with dashes or without, in either case") { bench in
            let names = ["3f2a9100-0000-4000-8000-000000000001", "3f2a9fff-ffff-4fff-bfff-ffffffffffff"]
            let ids = try names.map { try unwrap(SessionID($0), "no ID") }
            for id in ids {
                let tokens = bench.tokens(id.description)
                let session = VisitorSession(id: id, clientID: "c", tokens: tokens, at: bench.now)
                _ = try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft)
            }
            try await bench.insert("3f2a is no label of those")
            let expectations: [(reference: String, found: [SessionID])] = [
                ("3", ids), ("3f2a9", ids), ("3F2A9", ids), ("3f2a91", [ids[0]]), ("3f2a9100-0", [ids[0]]),
                ("3F2A9100-0000-4000-8000-000000000001", [ids[0]]), ("3f2a9100000040008000000000000001", [ids[0]]),
                ("3f2a9f", [ids[1]]), ("3f2a9fffffff4fffbfffffffffffffff", [ids[1]]), ("3f2b", []), ("3f2a90", []),
                ("3f2a91000000400080000000000000010", []), ("", []), ("-", []), ("3f2a9%", []),
            ]
            for (reference, found) in expectations {
                let sessions = try await bench.store.sessions(named: reference, limit: 10)
                let theirs = sessions.map(\.id).filter(ids.contains)
                try requireEqual(theirs, found, "those named \(reference)")
            }
            try requireEqual(
                await bench.store.sessions(named: "3f2a", limit: 1).map(\.id), [ids[0]], "no more than asked for")
        },
        Check("a session goes by its label, letter for letter, and when it is put away, too") { bench in
            let session = try await bench.insert("Checkout bug") { $0.discardedAt = bench.now }
            try await bench.insert("checkout")
            try await bench.insert("Checkout bug 2")
            let found = try await bench.store.sessions(named: "Checkout bug", limit: 10)
            try requireEqual(found, [session], "those of that label")
            try requireEqual(await bench.store.sessions(named: "checkout bug", limit: 10), [], "another case")
            let hexadecimal = try await bench.insert("decade")
            let named = try await bench.store.sessions(named: "decade", limit: 10)
            try require(named.contains(hexadecimal), "a label of hexadecimal digits is no name")
        },
    ]
}
