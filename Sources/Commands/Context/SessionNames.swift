import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions
import WixHeadless

extension CompletionKind {
    /// ID prefixes and labels of the stored sessions.
    static var sessions: CompletionKind { names(of: []) }

    static var discardedSessions: CompletionKind { names(of: [.discarded]) }

    private static func names(of states: Set<SessionState>) -> CompletionKind {
        .custom { arguments, _, _ in
            SessionNames.complete(arguments, states)
                .compactMap { SessionNames.escaped($0, for: CompletionShell.requesting) }
        }
    }
}

/// Completions for session arguments.
enum SessionNames {
    private static let limit = 200

    /// Completes a session argument. Empty if the store can't be read, because completion can't report errors.
    static func complete(_ arguments: [String], _ states: Set<SessionState>) -> [String] {
        // Read-only: completing must not create a store.
        guard let options = try? GlobalOptions.parse(globals(arguments) + ["--read-only"]) else { return [] }
        let found = try? Blocking.run {
            let context = try await CommandContext(options, as: "completion")
            var filter = SessionFilter()
            filter.states = states
            return try await context.store.page(
                SessionQuery(filter: filter, limit: limit, now: context.now(), policy: context.manager.policy))
        }
        // Labels with line breaks can't be typed.
        return (found ?? []).flatMap { [$0.id.prefix(8), $0.label] }
            .filter { !$0.isEmpty && TextSanitizer.line($0) == $0 }
    }

    /// Escapes a name for the shell's completion script. Labels are untrusted, and bash expands the words it receives
    /// (`compgen -W`), including commands. `nil` if bash can't offer the name, because it inserts dollar signs
    /// unescaped.
    static func escaped(_ name: String, for shell: CompletionShell?) -> String? {
        switch shell {
        case .bash where name.contains("$"): nil
        case .bash: TokenExport.shellWord(name)
        // zsh treats text after a colon as a description.
        case .zsh: name.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
        default: name
        }
    }

    /// The options that select a store.
    private static func globals(_ arguments: [String]) -> [String] {
        let names = ["--store", "--profile", "--config"]
        let apart = zip(arguments, arguments.dropFirst()).filter { names.contains($0.0) }.flatMap { [$0.0, $0.1] }
        return apart + arguments.filter { word in names.contains { word.hasPrefix($0 + "=") } }
    }
}
