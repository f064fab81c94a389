public import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions

/// Options of every command. Accepted before and after the command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Session store: a path, sqlite:PATH or postgresql://HOST/DATABASE.", valueName: "url"))
    var store: String?

    @Option(help: ArgumentHelp("Profile in the configuration file.", valueName: "name"))
    var profile: String?

    @Option(
        help: ArgumentHelp("Issuer of new sessions: https, or http on localhost.", valueName: "url"))
    var issuer: String?

    @Option(name: .customLong("client-id"), help: ArgumentHelp("OAuth client ID of the site.", valueName: "id"))
    var clientID: String?

    @Flag(help: "Make no changes.")
    var readOnly = false

    @Option(help: ArgumentHelp("Configuration file.", valueName: "file"))
    var config: String?
}

/// Asks for confirmation.
enum Question {
    /// Whether the answer is `y`. Throws `refusal` if there is no terminal.
    static func isConfirmed(_ question: String, otherwise refusal: Failure) throws -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { throw refusal }
        StandardError.write("\(question) [y/N] ")
        return readLine() == "y"
    }
}

extension Duration: @retroactive ExpressibleByArgument {
    /// Reads `90s`, `15m`, `4h` and `365d`.
    public init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Double(argument.dropLast()), number >= 0,
            number * unit < 1e10
        else { return nil }
        self = .milliseconds(Int64((number * unit * 1000).rounded()))
    }

    /// The duration in the largest unit that divides it without a remainder.
    public var defaultValueDescription: String {
        let seconds = Int(components.seconds)
        let units = [("d", 86400), ("h", 3600), ("m", 60)]
        return units.first { seconds > 0 && seconds % $0.1 == 0 }.map { "\(seconds / $0.1)\($0.0)" } ?? "\(seconds)s"
    }
}

/// Reads text with tokens from a file or standard input.
enum TokenInput {
    private static let limit = 4 << 20

    /// `nil` and `-` mean standard input.
    static func read(_ path: String?) throws -> Data {
        let name = path.flatMap { $0 == "-" ? nil : $0 }
        if name == nil, isatty(STDIN_FILENO) == 1 {
            StandardError.say("Paste the tokens, then press Enter and Ctrl-D. Ctrl-C cancels.")
        }
        let shown = CommandInput.name(path)
        let handle = try name.map { try CommandInput.open(URL(filePath: $0), shown) } ?? .standardInput
        let data = try CommandInput.reading(shown) { try handle.read(upToCount: limit + 1) ?? Data() }
        guard data.count <= limit else {
            throw Failure(.unreadableInput, "The input exceeds 4 MiB. Use `import` for large files.")
        }
        return data
    }
}
