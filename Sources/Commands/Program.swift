import ArgumentParser
import CSystem
import Foundation
import LiveSessions
import Synchronization
import TerminalText
import VisitorSessions

/// Runs the command line.
public enum Program {
    /// Parses the arguments, runs the command on this thread, which must be the main thread, and exits.
    ///
    /// The inspector owns the main thread. Other commands run in tasks, and this thread waits for them.
    public static func main(_ arguments: [String]? = nil) -> Never {
        StandardDescriptors.openAll()
        cs_limit_heaps()
        Privacy.forbidDumps()
        FileSizeLimit.survive()
        do {
            try DescriptorLimit.requireEnough()
            if arguments == nil { try ReadableText.requireArguments() }
            var command = try parse(arguments ?? Array(CommandLine.arguments.dropFirst()))
            if let background = command as? any BackgroundCommand {
                try Blocking.run { try await background.perform() }
            } else {
                try command.run()
            }
            leave(ExitStatus.success.rawValue)
        } catch {
            finish(error)
        }
    }

    /// The program's name. Setting it as a command's `_superCommandName` skips the search for the option that prints
    /// completion scripts, which would take a tenth of a short command's time.
    static let name = "session-inspector"

    /// Parses only the named command if possible: reading the options of all commands takes a quarter of a short
    /// command's time. The root command, which knows the program's name, handles help, errors, and options before the
    /// command's name.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        let arguments = expanded(arguments)
        let name = arguments.first ?? InspectCommand.configuration.commandName ?? ""
        let command = SessionInspector.configuration.subcommands.first { names(of: $0).contains(name) }
        guard let command else {
            try requireCommand(name == "help" ? arguments.dropFirst().first ?? name : name)
            return try SessionInspector.parseAsRoot(arguments)
        }
        let mayRequestHelp = !Set(arguments).isDisjoint(with: ["--help", "-h", "help"])
        if !mayRequestHelp, let parsed = try? command.parseAsRoot(Array(arguments.dropFirst())) { return parsed }
        return try SessionInspector.parseAsRoot(arguments)
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command.configuration.commandName].compactMap(\.self) + command.configuration.aliases
    }

    /// Throws if `word` stands where a command's name belongs, but isn't one.
    private static func requireCommand(_ word: String) throws(Failure) {
        let names = SessionInspector.configuration.subcommands.flatMap(names)
        guard !word.hasPrefix("-"), word != "help", !names.contains(word) else { return }
        let meant = Spelling.nearest(to: word, among: names).map { " Did you mean “\($0)”?" } ?? ""
        throw Failure(
            .usage,
            "Unknown command \(InputRedactor.quoted(word)).\(meant) `session-inspector --help` lists all commands.")
    }

    /// Expands the short forms that aliases can't express: `add` and `version`.
    private static func expanded(_ arguments: [String]) -> [String] {
        switch arguments.first {
        case "add": ["set", "--new"] + arguments.dropFirst()
        case "version": ["--version"]
        default: arguments
        }
    }

    private static func finish(_ error: any Error) -> Never {
        if let stopped = error as? StoppedBySignal {
            StandardError.say(
                stopped.meaning ?? "Interrupted. Running operations finished; the rest were not started.")
            leave(128 + stopped.number)
        }
        // The exit code is the same as if SIGPIPE had ended the process.
        if error is BrokenPipe { leave(128 + SIGPIPE) }
        if let failure = Failure(error) {
            StandardError.say(failure)
            leave(failure.status.rawValue)
        }
        // Help and version aren't errors. They don't repeat what was typed, so they can't contain tokens.
        let status = SessionInspector.exitCode(for: error)
        if status.isSuccess { SessionInspector.exit(withError: error) }
        let help = help()
        let message = completingOption(
            in: namingOption(in: SessionInspector.fullMessage(for: error), CommandLine.arguments, help: help),
            help: help)
        StandardError.write(
            InputRedactor.withoutTokens(message).split(separator: "\n").map {
                TextSanitizer.line(String($0)) + "\n"
            }.joined())
        leave(status.rawValue)
    }

    /// The help of the command that was typed, or of the one that runs without a name.
    private static func help() -> String {
        let commands = SessionInspector.configuration.subcommands
        let command = CommandLine.arguments.dropFirst().lazy.compactMap { word in
            commands.first { names(of: $0).contains(word) }
        }.first
        return SessionInspector.helpMessage(for: command ?? InspectCommand.self)
    }

    /// The message, changed to name the unknown option if there is one. The parser takes the option's value for an
    /// argument, and may have complained about that instead.
    static func namingOption(in message: String, _ arguments: [String], help: String) -> String {
        guard !arguments.contains("--"), !message.contains("after --"), !message.contains("Unknown option"),
            let first = message.split(separator: "\n", maxSplits: 1).first, first.hasPrefix("Error: "),
            let option = arguments.compactMap({ $0.wholeMatch(of: /(--[a-z-]+)(=.*)?/)?.output.1 }).first(where: {
                !help.contains($0)
            })
        else { return message }
        let meant = Spelling.nearest(to: String(option), among: help.matches(of: /--[a-z-]+/).map { String($0.output) })
        return message.replacing(
            first, with: "Error: Unknown option '\(option)'.\(meant.map { " Did you mean '\($0)'?" } ?? "")",
            maxReplacements: 1)
    }

    /// The message, changed to suggest an option that begins with what was typed. The parser suggests the one with the
    /// fewest different letters, which is less likely to be meant.
    static func completingOption(in message: String, help: String) -> String {
        guard let unknown = message.firstMatch(of: /Unknown option '(--[a-z-]+)'(?:\. Did you mean '--[a-z-]+'\?)?/),
            let option = help.matches(of: /--[a-z-]+/).map(\.output).first(where: {
                $0.hasPrefix(unknown.output.1) && $0 != unknown.output.1
            })
        else { return message }
        return message.replacing(
            unknown.output.0, with: "Unknown option '\(unknown.output.1)'. Did you mean '\(option)'?")
    }

    /// Exits without running exit handlers, because those of the TLS library free memory that a thread may still use.
    private static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}

/// A command that runs in tasks. ``Program`` waits for it.
protocol BackgroundCommand: ParsableCommand, Sendable {
    func perform() async throws
}
