import ArgumentParser
import Foundation
import VisitorSessions
import WixHeadless

/// The values of `--as`.
enum ExportForm: String, CaseIterable, ExpressibleByArgument {
    case sdk, cookie, env, header, curl, response, session

    /// How to export the tokens. `nil`: exports the whole session as a line of JSON.
    var tokens: TokenExport? {
        switch self {
        case .sdk: .sdk
        case .cookie: .cookie
        case .env: .env
        case .header: .header
        case .curl: .curlConfiguration
        case .response: .response
        case .session: nil
        }
    }
}

struct ExportCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print tokens in a format that other tools read.",
        discussion: """
            Example: session-inspector export 3f2a91 --as curl | curl -K - https://www.wixapis.com/…

            sdk: the JavaScript SDK's JSON. cookie: the cookie in which Wix's web templates store both tokens. env: variables for a shell. \
            header: an Authorization header. curl: a config for curl -K. response: a token endpoint's response. \
            session: JSON Lines with all fields and tokens of a session, a backup for `import`.

            Tokens are exported as stored, even if they have expired. To get a valid access token, use `token`.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "Prefixes of session IDs, or labels.", completion: .sessions)
    var sessions: [String] = []

    @Flag(help: "Export all sessions that aren't discarded.")
    var all = false

    @Option(name: .customLong("as"), help: ArgumentHelp("The output format.", valueName: "format"))
    var form: ExportForm

    func validate() throws {
        guard sessions.isEmpty == all else { throw ValidationError("Specify sessions or --all.") }
        guard form.tokens?.isForOneSession != true || sessions.count == 1 else {
            throw ValidationError(
                "--as \(form.rawValue) exports a single session. Specify one session, or use another format.")
        }
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "export")
        if !all {
            return try await export(try await Bulk.find(sessions, context), context)
        }
        let query = SessionQuery(
            sort: SessionSort(.created), limit: 500, now: context.now(), policy: context.manager.policy)
        try await context.pages(query) {
            try await export($0.map(\.id), context)
            return true
        }
    }

    private func export(_ ids: [SessionID], _ context: CommandContext) async throws {
        try await Bulk.run(ids) { id in
            guard let opened = try await context.store.opened(id) else { throw StoreError.notFound(id) }
            guard let export = form.tokens else {
                return try context.document(opened.session, tokens: opened.tokens).json(pretty: false)
            }
            guard let text = export.text(of: opened, now: context.now()) else {
                throw Failure(.unreadableInput, "Session \(id) has no access token. Renew it first.")
            }
            return text.reveal()
        } then: {
            try StandardOutput.say($0)
        }
    }
}
