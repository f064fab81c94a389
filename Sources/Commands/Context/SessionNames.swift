import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions
import WixHeadless

extension CompletionKind {
    /// The stored sessions: their IDs' beginnings, and their labels.
    static var sessions: CompletionKind { names(of: []) }

    /// Those that are discarded alone.
    static var discardedSessions: CompletionKind { names(of: [.discarded]) }

    private static func names(of states: Set<SessionState>) -> CompletionKind {
        .custom { arguments, _, _ in
            SessionNames.complete(arguments, states)
                .compactMap { SessionNames.escaped($0, for: CompletionShell.requesting) }
        }
    }
}

/// What a shell offers where a session is to be named.
enum SessionNames {
    private static let limit = 200

    /// Nothing at all where the store cannot be read: a completion has nobody to complain to.
    static func complete(_ arguments: [String], _ states: Set<SessionState>) -> [String] {
        // For looking alone: a key press makes no store.
        guard let options = try? GlobalOptions.parse(globals(arguments) + ["--read-only"]) else { return [] }
        let found = try? Blocking.run {
            let workbench = try await Workbench(options, as: "completion")
            var filter = SessionFilter()
            filter.states = states
            return try await workbench.store.page(
                SessionQuery(filter: filter, limit: limit, now: workbench.now(), policy: workbench.manager.policy))
        }
        // A label that is not one line of text cannot be typed.
        return (found ?? []).flatMap { [$0.id.prefix(8), $0.label] }
            .filter { !$0.isEmpty && TextSanitizer.line($0) == $0 }
    }

    /// The name as the shell's completion script takes it. Labels are untrusted: bash would run a command that stands in
    /// one, for it expands the words that it is given (`compgen -W`). `nil`: it cannot be offered there, because bash leaves
    /// a dollar sign as it is in what it inserts.
    static func escaped(_ name: String, for shell: CompletionShell?) -> String? {
        switch shell {
        case .bash where name.contains("$"): nil
        case .bash: TokenExport.shellWord(name)
        // What follows a colon is a description there.
        case .zsh: name.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
        default: name
        }
    }

    /// The words that choose a store.
    private static func globals(_ arguments: [String]) -> [String] {
        let names = ["--store", "--profile", "--config"]
        let apart = zip(arguments, arguments.dropFirst()).filter { names.contains($0.0) }.flatMap { [$0.0, $0.1] }
        return apart + arguments.filter { word in names.contains { word.hasPrefix($0 + "=") } }
    }
}
