import ArgumentParser
import DevelopmentIssuer
import Foundation
import InspectorCore
import LiveSessions
import TerminalText
import VisitorSessions
import WixHeadless

struct BrowseCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "browse",
        abstract: "Open a browser with a profile of its own and record its sessions.",
        discussion: """
            Example: session-inspector browse http://localhost:3000

            The sessions that the browser's tabs and workers use appear in the store. To see them, open the inspector in \
            another terminal. \
            Closing the last tab or pressing Ctrl-C quits the browser and deletes its profile, unless --keep is given. \
            Arguments after -- are passed to the browser.

            With --issuer local, a development issuer responds to the pages' calls in place of Wix.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var browser: BrowserOptions

    @Argument(help: "The page to open.")
    var url: String

    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("Arguments for the browser, after --.", valueName: "argument"))
    var arguments: [String] = []

    func validate() throws {
        _ = try BrowserOptions.page(url)
    }

    func perform() async throws {
        var options = options
        let issuer = options.issuer == "local" ? try await LocalIssuer() : nil
        if let issuer { options.issuer = issuer.url }
        let context = try await CommandContext(options, as: "browse", makesStore: true, staysOpen: true)
        try context.requireWritable()
        let localIssuer = if let issuer { issuer.url } else { try await context.localIssuer()?.description }
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await browser.record(url, as: nil, context, localIssuer: localIssuer, arguments: arguments))
        } catch {
            result = .failure(error)
        }
        await issuer?.server.stop()
        try result.get()
    }
}

/// Which browser is opened, and with which profile.
struct BrowserOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The browser: Chrome, Chromium, Edge or Brave (default: the first found).", valueName: "path"))
    var browser: String?

    @Flag(help: "Keep the browser's profile for next time.")
    var keep = false

    @Option(help: ArgumentHelp("Label of new sessions (default: the host of the page).", valueName: "label"))
    var label: String?

    func program() throws -> URL {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        guard let browser else {
            if let found = BrowserProgram.find(path: path) { return found }
            throw Failure(
                .configuration,
                "No browser found. Install Chrome, Chromium, Edge or Brave, or specify one with --browser.")
        }
        guard FileManager.default.isExecutableFile(atPath: browser) else {
            throw Failure(.configuration, "There is no program at \(InputRedactor.quoted(browser)).")
        }
        return URL(filePath: browser)
    }

    /// The browser's profile: a new folder, unless it is kept.
    func profile() -> BrowserProfile {
        let paths = Paths(environment: ProcessInfo.processInfo.environment)
        guard !keep else { return BrowserProfile(folder: paths.browserProfile, isKept: true) }
        let folder = URL(filePath: NSTemporaryDirectory(), directoryHint: .isDirectory)
            .appending(path: "session-inspector-browser-\(SessionID().prefix(12))", directoryHint: .isDirectory)
        return BrowserProfile(folder: folder, isKept: false)
    }

    /// The URL of a page. Throws if `text` isn't one.
    static func page(_ text: String) throws -> String {
        guard let url = SessionForm.pageURL(text) else {
            throw ValidationError("The page must be a URL such as http://localhost:3000.")
        }
        return url
    }

    /// Opens a browser, and records until it exits.
    ///
    /// - Parameters:
    ///   - visitor: The visitor that the browser is. `nil`: a new one.
    ///   - manager: The manager of the visitor's issuer. `nil`: the command's.
    ///   - localIssuer: The issuer that responds in place of Wix.
    func record(
        _ url: String, as visitor: BrowserRecorder.Visitor?, _ context: CommandContext,
        manager: SessionManager? = nil, localIssuer: String? = nil, arguments: [String]
    ) async throws {
        let manager = manager ?? context.manager
        let host = try IssuerURL(manager.issuerName).authority
        let (program, page) = (try program(), try Self.page(url))
        var environment = ProcessInfo.processInfo.environment
        environment["SESSION_INSPECTOR_KEY"] = nil
        Privacy.restoreCoreLimit()
        let recorder: BrowserRecorder
        do throws(BrowserError) {
            recorder = try BrowserRecorder(
                manager, store: context.store, browser: program, arguments: arguments, profile: profile(),
                environment: environment, url: page, visitor: visitor, localIssuer: localIssuer,
                hosts: ["www.wixapis.com", host], label: label,
                clientID: context.configuration.clientID, say: { StandardError.say($0) })
        } catch {
            throw Failure(.cannotCreate, error.message)
        }
        Privacy.forbidDumps()
        let stopping = StopSignals()
        let signaled = Task {
            await stopping.wait()
            await recorder.stop()
        }
        defer { signaled.cancel() }
        let summary: LiveRun.Summary
        do throws(BrowserError) {
            summary = try await recorder.record()
        } catch {
            throw Failure(.cannotCreate, error.message)
        }
        _ = await manager.finish(within: .seconds(5))
        summary.report(
            ifNone: "No sessions were found. Calls that a site's own server sends can't be seen from the browser.")
        if let number = stopping.received, number != SIGINT { throw ExitCode(128 + number) }
    }
}
