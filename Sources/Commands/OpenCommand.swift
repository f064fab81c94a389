import ArgumentParser
import Foundation
import LiveSessions
import TerminalText
import VisitorSessions

struct OpenCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open a browser as the visitor of a stored session.",
        discussion: """
            Example: session-inspector open "checkout bug" http://localhost:3000 --place cookie:wix-session

            If the program knows where the site keeps its tokens (from an earlier run or --place), it puts the session's \
            tokens there before the first request. Otherwise, the site first creates a new visitor, which reveals where it keeps \
            tokens; then that visitor's tokens are replaced, and the page is reloaded. What happens to the session afterwards is recorded, as with `browse`.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var browser: BrowserOptions

    @Option(
        help: ArgumentHelp(
            "Where the site keeps its tokens: cookie:NAME or local:KEY.", valueName: "place"),
        transform: Self.place)
    var place: BrowserRecorder.PlaceName?

    @Argument(help: "The session.", completion: .sessions)
    var session: String

    @Argument(help: "The page to open.")
    var url: String

    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("Arguments for the browser, after --.", valueName: "argument"))
    var arguments: [String] = []

    func validate() throws {
        _ = try BrowserOptions.page(url)
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "open", staysOpen: true)
        try context.requireWritable()
        let session = try await context.store.find(session)
        let manager = context.manager.manager(for: session)
        let tokens = try await context.interruptible {
            try await manager.tokens(of: session.id, minimumLifetime: .seconds(60))
        }
        try await browser.record(
            url, as: .init(session: session.id, tokens: tokens, place: place), context, manager: manager,
            arguments: arguments)
    }

    @Sendable private static func place(_ text: String) throws -> BrowserRecorder.PlaceName {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("cookie", 2): return .cookie(parts[1])
        case ("local", 2): return .item(parts[1])
        default: throw ValidationError("The place must be cookie:NAME or local:KEY.")
        }
    }
}
