import ArgumentParser
import Foundation
import VisitorSessions

extension CompletionKind {
    /// The stored sessions: their IDs' beginnings, and their labels.
    static var sessions: CompletionKind {
        .custom { arguments, _, _ in SessionNames.complete(arguments) }
    }
}

/// What a shell offers where a session is to be named.
enum SessionNames {
    private static let limit = 200

    /// Nothing at all where the store cannot be read: a completion has nobody to complain to.
    static func complete(_ arguments: [String]) -> [String] {
        // For looking alone: a key press makes no store.
        guard let options = try? GlobalOptions.parse(globals(arguments) + ["--read-only"]),
            let workbench = try? Workbench(options, as: "completion")
        else { return [] }
        let query = SessionQuery(limit: limit, now: workbench.now(), policy: workbench.manager.policy)
        let found = try? Blocking.run { try await workbench.store.page(query) }
        return (found ?? []).flatMap { [$0.id.prefix(8), $0.label] }.filter { !$0.isEmpty }
    }

    /// The words that choose a store.
    private static func globals(_ arguments: [String]) -> [String] {
        let names: Set<String> = ["--store", "--profile", "--config"]
        return zip(arguments, arguments.dropFirst()).filter { names.contains($0.0) }.flatMap { [$0.0, $0.1] }
    }
}
