public import ArgumentParser
import InspectorCore
import TerminalText
public import VisitorSessions

struct ListCommand: BackgroundCommand {
    /// Lists of any length are printed page by page.
    private static let pageSize = 500

    static let configuration = CommandConfiguration(
        commandName: "list", _superCommandName: Program.name,
        abstract: "List the stored sessions.",
        discussion: """
            Example: session-inspector list --filter "cart state:expired,refused" --sort renewed --json

            --filter accepts the same filters as the inspector's / key: words found in the label, session ID, \
            visitor ID or client ID, and label:, visitor:, issuer:, client:, role:, state:, auto:, source: and live:. A comma separates \
            alternatives, and ! excludes: !state:valid. Put text with spaces or commas in quotation marks.
            """,
        aliases: ["ls"])

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("Show only sessions that match these words and filters.", valueName: "words"))
    var filter: String?

    @Option(help: ArgumentHelp("Show only sessions in this state. Repeatable.", valueName: "state"))
    var state: [SessionState] = []

    @Option(help: ArgumentHelp("Sort by access, refresh, created, renewed or label.", valueName: "key"))
    var sort: SessionSort.Key = .accessExpiry

    @Flag(help: "Reverse the order.")
    var reverse = false

    @Option(help: ArgumentHelp("Maximum number of sessions.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Print a JSON array.")
    var json = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let (word, values) = SessionFilter.invalidWords(filter ?? "").first {
            throw ValidationError(InspectorTexts.invalidWord(word, values))
        }
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "list")
        var filter = SessionFilter(filter ?? "")
        filter.states.formUnion(state)
        let limit = limit ?? .max
        let query = SessionQuery(
            filter: filter, sort: SessionSort(sort, descending: reverse), limit: min(Self.pageSize, limit),
            now: context.now(), policy: context.manager.policy)
        var printer = Printer(context: context, json: json, isFiltered: filter != SessionFilter())
        try await context.pages(query) { page in
            let page = page.prefix(limit - printer.count)
            let live = json ? try await context.store.liveSessions(among: page.map(\.id)) : [:]
            try printer.print(page, live)
            return printer.count < limit
        }
        try printer.finish()
    }

    private struct Printer {
        let context: CommandContext
        let json: Bool
        let isFiltered: Bool
        var count = 0

        mutating func print(
            _ page: ArraySlice<VisitorSession>, _ live: [SessionID: LiveSession]
        ) throws {
            if json {
                for session in page {
                    try StandardOutput.write(
                        (count == 0 ? "[\n" : ",\n") + context.document(session, live: live[session.id]).json())
                    count += 1
                }
            } else if !page.isEmpty {
                try StandardOutput.write(table(page))
                count += page.count
            }
        }

        func finish() throws {
            if json { try StandardOutput.say(count == 0 ? "[]" : "\n]") }
            if !json, count == 0 { StandardError.say(isFiltered ? "No sessions match." : "No sessions.") }
        }

        private func table(_ page: ArraySlice<VisitorSession>) -> String {
            let now = context.now()
            var table = Table(["SESSION", "LABEL", "VISITOR", "ROLE", "STATE", "ACCESS", "REFRESH", "RENEWED"])
            for session in page {
                let state = session.state(at: now, policy: context.manager.policy)
                table.add([
                    session.id.prefix(8), session.label, session.visitorID ?? "–", session.role.rawValue,
                    state.rawValue, Times.left(session.accessExpiry, at: now),
                    Times.left(session.refreshExpiry, at: now), Times.ago(session.renewedAt, at: now),
                ])
            }
            let text = table.text(width: StandardOutput.width)
            // Only the first page has the column titles.
            return count == 0 ? text : text.split(separator: "\n").dropFirst().map { $0 + "\n" }.joined()
        }
    }
}

extension SessionState: ExpressibleByArgument {}
extension SessionSort.Key: ExpressibleByArgument {}
