import VisitorSessions

extension SessionStoreConformance {
    static let substitutionChecks: [Check] = [
        Check("a substitution is listed until it is withdrawn, and both are in the journal") { bench in
            let session = try await bench.insert("application")
            let target = try await bench.insert("visitor")
            let store = bench.store
            try requireEqual(await store.substitutions(), [], "the substitutions of a new store")
            for other in [session.id, target.id] {
                try await store.substitute(session.id, with: other, by: "test 1")
                try requireEqual(
                    await store.substitutions(), [Substitution(of: session.id, with: other)], "the substitutions")
            }
            try await store.withdrawSubstitution(of: session.id, by: "test 1")
            try requireEqual(await store.substitutions(), [], "the substitutions after withdrawing")
            let events = try await store.history(of: session.id, limit: 3).map(\.draft.event)
            try requireEqual(events, [.withdrawn, .substituted, .substituted], "the history")
            try await bench.requireFailure(.notFound, unchanged: target.id, "a session that doesn't exist") {
                try await store.substitute(SessionID(), with: target.id, by: "test 1")
            }
        }
    ]
}
