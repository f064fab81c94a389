import Foundation
import VisitorSessions

extension SessionStoreConformance {
    static let renewableChecks: [Check] = [
        Check("the sessions to renew are those with automatic renewal that their issuer can still renew") { bench in
            var generated = GeneratedSessions(at: bench.now)
            var stored: [VisitorSession] = []
            for _ in 0..<120 {
                let (session, tokens) = generated.next()
                stored.append(try await bench.store.insert(session, tokens: tokens, entry: ConformanceBench.draft))
            }
            let issuer = "https://one.example"
            let expected = stored.filter { session in
                let state = session.state(at: bench.now, policy: SessionPolicy())
                return session.autoRenew && ![.refused, .discarded, .damaged].contains(state)
                    && (session.issuer == nil || session.issuer == issuer)
            }
            .sorted { $0.position(by: .accessExpiry) < $1.position(by: .accessExpiry) }
            try require(expected.count > 10, "there is too little to tell")
            for limit in [1, 7, 1000] {
                try requireEqual(
                    await bench.store.sessions(toRenewFrom: issuer, at: bench.now, limit: limit).map(\.id),
                    expected.prefix(limit).map(\.id), "the first \(limit)")
            }
        },
        Check("a check-up of a sound store finds nothing bad, and changes nothing") { bench in
            let session = try await bench.insert("sound")
            let before = try await bench.snapshot(session.id)
            let found = try await bench.store.findings()
            try require(!found.contains { $0.verdict == .bad }, "a finding: \(found)")
            _ = try await bench.store.checkpoint()
            try requireEqual(await bench.snapshot(session.id), before, "the session")
        },
    ]
}
