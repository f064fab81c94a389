import ArgumentParser
import CSystem
import DevelopmentIssuer
import Foundation
import LiveSessions
import Synchronization
import TerminalText
import VisitorSessions
import WixHeadless

struct RunCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a Node application and record its sessions.",
        discussion: """
            Example: session-inspector run -- npm run dev

            The application's sessions appear in the store as it uses them. To see them, open the inspector in another \
            terminal. The application isn't changed, and if the recorder stops, the application connects to Wix directly. The \
            application's exit code is returned.

            With --issuer local, a development issuer responds in place of Wix. --fault (see `serve --help`) and \
            --access-lifetime imply it. To use one that is already running, pass its URL, such as \
            --issuer http://127.0.0.1:8787.
            """)

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("Label of new sessions (default: the command).", valueName: "label"))
    var label: String?

    @Option(
        help: ArgumentHelp("Fault to inject. Repeatable.", valueName: "fault"), transform: ServeCommand.fault)
    var fault: [Fault] = []

    @Option(
        help: ArgumentHelp("Lifetime of the development issuer's access tokens, such as 60s.", valueName: "duration"))
    var accessLifetime: Duration?

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String]

    private var isLocal: Bool { options.issuer == "local" || !fault.isEmpty || accessLifetime != nil }

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("Put the command after --.") }
        guard accessLifetime.map({ $0 >= .seconds(1) }) ?? true else {
            throw ValidationError("Lifetimes must be at least one second.")
        }
    }

    func perform() async throws {
        guard let hook = NodeHook.url(program: NodeHook.program) else {
            let path = NodeHook.installed(program: NodeHook.program).path
            throw Failure(
                .cannotCreate, "A part of session-inspector is missing: \(path). Run `make install` again.")
        }
        var options = options
        let issuer = isLocal ? try await LocalIssuer(faults: fault, accessLifetime: accessLifetime) : nil
        if let issuer { options.issuer = issuer.url }
        let context = try await CommandContext(options, as: "run", makesStore: true, staysOpen: true)
        try context.requireWritable()
        let isAtWix = ProcessInfo.processInfo.environment["SESSION_INSPECTOR_RECORDED_HOST"] == nil
        let issuerPort = if let issuer { Int(issuer.port) } else { try await context.localIssuer()?.localPort }
        if isAtWix, issuerPort == nil, context.issuer.url != .wix {
            let option = context.issuer.url.localPort == nil ? "local" : context.issuer.name
            StandardError.say(
                "The application's calls still go to Wix, not to \(context.issuer.name). Use --issuer \(option) to have a development issuer respond."
            )
        }
        let recorder: LiveRecorder
        do {
            recorder = try LiveRecorder(
                context.manager, store: context.store, hook: hook,
                folder: Self.folder(ProcessInfo.processInfo.environment), label: label ?? commandLine,
                clientID: context.configuration.clientID, injectsFaults: !fault.isEmpty, say: { StandardError.say($0) })
        } catch let error as FileError {
            throw Failure(.cannotCreate, "The recorder's socket can't be created: \(error.reason).")
        }
        var environment = recorder.environment(ProcessInfo.processInfo.environment)
        environment["SESSION_INSPECTOR_KEY"] = nil
        if let issuerPort { environment["SESSION_INSPECTOR_RECORDED_ISSUER"] = "\(issuerPort)" }
        let result: Result<Int32, any Error>
        do {
            result = .success(try await Self.run(command, environment: environment))
        } catch {
            result = .failure(error)
        }
        let summary = await recorder.stop()
        _ = await context.manager.finish(within: .seconds(5))
        await issuer?.server.stop()
        let status = try result.get()
        summary.report(ifNone: "No call to www.wixapis.com was recorded. \(LiveRecorder.unseen)")
        if status != 0 { throw ExitCode(status) }
    }

    /// The command, without words that may be tokens.
    private var commandLine: String {
        command.map { word in
            word.hasPrefix("/") || word.hasPrefix(".")
                ? InputRedactor.pathWithoutTokens(word) : InputRedactor.withoutTokens(word)
        }.joined(separator: " ")
    }

    /// A new folder for the recorder's socket, in a parent that is writable and has a path short enough for sockets.
    static func folder(_ environment: [String: String]) -> URL {
        let runtime = environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let parents = [runtime, NSTemporaryDirectory()].compactMap(\.self).map {
            URL(filePath: $0, directoryHint: .isDirectory)
        }
        func child(of parent: URL) -> URL {
            parent.appending(path: "session-inspector-run-\(SessionID().prefix(12))", directoryHint: .isDirectory)
        }
        // After `su` and in containers, the variables may name a folder that is missing or belongs to another user.
        return parents.filter { $0.isFolder && FileManager.default.isWritableFile(atPath: $0.path) }
            .map(child).first(where: LiveRecorder.canListen) ?? child(of: URL(filePath: "/tmp"))
    }

    /// Runs a command in this process group, with its terminal and standard streams, and returns its exit code.
    ///
    /// Ctrl-C reaches the command from the terminal; other signals are passed on.
    private static func run(_ words: [String], environment: [String: String]) async throws -> Int32 {
        let signals = [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2]
        for number in signals + [SIGINT, SIGQUIT] { signal(number, SIG_IGN) }
        Privacy.restoreCoreLimit()
        let child: pid_t
        do throws(FileError) {
            child = try ProgramLaunch.start(words, environment: environment)
        } catch {
            StandardError.say("The command \(InputRedactor.quoted(words[0])) can't be run: \(error.reason).")
            throw ExitCode(error.isMissing ? 127 : 126)
        }
        // Each of the application's connections takes two descriptors.
        DescriptorLimit.raise()
        let sources = signals.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { kill(child, number) }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return await ProgramLaunch.exitCode(of: child)
    }
}

extension LiveRun.Summary {
    /// Says what was recorded, and saves the tokens that couldn't be stored.
    ///
    /// - Parameter none: The message to print if nothing was recorded.
    func report(ifNone none: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        for sentence in sentences(ifNone: none) { StandardError.say(sentence) }
        for tokens in unstored {
            let rescue = TokenRescue(tokens: tokens).save(environment: environment)
            StandardError.say("A session couldn't be stored. \(rescue)")
        }
    }

    private func sentences(ifNone none: String) -> [String] {
        guard calls > 0 || visitors > 0 || dropped > 0 else { return [none] }
        var sentences = [
            "Recorded \(calls) \(calls == 1 ? "call" : "calls"). New visitors: \(visitors). Renewals: \(renewals) succeeded, "
                + "\(refusals) refused, \(failures) failed."
        ]
        sentences += lost.map { "Visitor lost: session \($0.session) was replaced by \($0.replacement)." }
        if dropped > 0 {
            sentences.append("\(dropped) \(dropped == 1 ? "call" : "calls") couldn't be recorded. \(problem ?? "")")
        }
        return sentences
    }
}

/// A development issuer in this process that responds in place of Wix.
struct LocalIssuer {
    let server: DevelopmentIssuerServer
    let port: UInt16
    var url: String { "http://127.0.0.1:\(port)" }

    init(faults: [Fault] = [], accessLifetime: Duration? = nil) async throws {
        var options = DevelopmentIssuerServer.Options()
        options.faults = faults
        options.host = "www.wixapis.com"
        if let accessLifetime { options.accessLifetime = accessLifetime }
        server = DevelopmentIssuerServer(options)
        port = try await server.start()
    }
}
