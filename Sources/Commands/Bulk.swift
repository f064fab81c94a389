import VisitorSessions

/// One thing done to several sessions: the failure of one is said and does not stop the others.
enum Bulk {
    /// Finds every session before anything is done to any.
    static func find(_ references: [String], _ workbench: Workbench) async throws -> [SessionID] {
        var found: [SessionID] = []
        for reference in references {
            let id = try await workbench.manager.find(reference).id
            if !found.contains(id) { found.append(id) }
        }
        return found
    }

    /// Throws the first failure, once all have been tried.
    static func run(_ ids: [SessionID], _ work: (SessionID) async throws -> Void) async throws {
        var failures: [Failure] = []
        for id in ids {
            do {
                try await work(id)
            } catch {
                guard let failure = Failure(error), ids.count > 1 else { throw error }
                StandardError.say("\(id.prefix(8)): \(failure.message)")
                failures.append(failure)
            }
        }
        if let first = failures.first {
            throw Failure(first.status, "\(failures.count) of \(ids.count) sessions failed.")
        }
    }
}
