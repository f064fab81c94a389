import ArgumentParser
import Foundation
import VisitorSessions
import WixHeadless

struct SetCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set tokens from a file or standard input.",
        usage:
            "session-inspector set <session> [<file>]\nsession-inspector set --new [--label <label>] [<file>]",
        discussion: """
            Example: pbpaste | session-inspector set 3f2a91

            Takes what applications keep: the SDK's JSON, a cookie, the token endpoint's answer, a bare token, an \
            Authorization header. A file with several sessions is for `import`.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Store the tokens as a new session.")
    var new = false

    @Option(help: ArgumentHelp("What to call the new session.", valueName: "label"))
    var label = ""

    @Flag(help: "Set an access token alone, though the session loses its refresh token with that.")
    var dropRefreshToken = false

    @Flag(help: "As a JSON object.")
    var json = false

    @Argument(
        help: "The session, unless --new is given; then the file. Without a file: standard input.",
        completion: .sessions)
    var arguments: [String] = []

    func validate() throws {
        guard new ? arguments.count <= 1 : (1...2).contains(arguments.count) else {
            throw ValidationError(
                new ? "With --new there is at most one file." : "Name the session, and at most one file; or give --new."
            )
        }
        guard new || label.isEmpty else { throw ValidationError("--label goes with --new.") }
    }

    /// Whether a session in use has the refresh token already: two of them would redeem it twice. That one takes what is newer
    /// in `found` then.
    private func bringUpToDate(_ found: ReadTokens, _ workbench: Workbench) async throws -> Bool {
        guard let token = found.tokens.refreshToken?.value,
            let holder = try await workbench.store.sessions(holding: token, since: .distantFuture, limit: 10)
                .first(where: { $0.discardedAt == nil && $0.damage == nil })
        else { return false }
        let put = await Importer(workbench: workbench, isDryRun: false).put([ImportItem(read: found, place: "input")])
        if let failure = put.failure { throw failure }
        let outcome = put.done.first?.outcome == .updated ? "it is brought up to date" : "nothing is newer in this"
        StandardError.say("Session \(holder.id) holds this refresh token already: \(outcome).")
        guard let session = try await workbench.store.session(holder.id) else { throw StoreError.notFound(holder.id) }
        try workbench.report("set", session, asJSON: json)
        return true
    }

    func perform() async throws {
        let workbench = try Workbench(options, as: "set", makesStore: true)
        try workbench.requireWritable()
        let target = new ? nil : try await workbench.manager.find(arguments[0])
        let file = new ? arguments.first : arguments.dropFirst().first
        let found: ReadTokens
        do {
            found = try TokenContainers.read(try TokenInput.read(file), now: workbench.now()).single()
        } catch let error as UnreadableTokens {
            throw Failure(.unreadableInput, "\(error.description) Nothing was changed.")
        }
        let unit = found.expiryUnit == .none ? "" : ", its expiry in \(found.expiryUnit.rawValue)"
        StandardError.say("Understood: \(found.shape)\(unit).")
        if let clientID = found.clientID, let own = target?.clientID ?? workbench.configuration.clientID,
            clientID != own
        {
            StandardError.say("They name the client \(clientID), not \(own): theirs is kept.")
        }
        if let target {
            guard found.tokens.refreshToken != nil || target.refreshExpiry == .absent || dropRefreshToken else {
                throw Failure(
                    .unreadableInput,
                    """
                    There is no refresh token in this, and session \(target.id) would lose the one that it has: it could \
                    not be renewed any more. Nothing was changed. --drop-refresh-token sets the access token all the same.
                    """)
            }
            let done = try await workbench.manager.set(found.tokens, clientID: found.clientID, on: target.id)
            try workbench.report("set", done.session, asJSON: json)
        } else {
            if try await bringUpToDate(found, workbench) { return }
            let clientID = if let clientID = found.clientID { clientID } else { try workbench.clientID() }
            let session = try await workbench.manager.add(found.tokens, label: label, clientID: clientID)
            try workbench.report("set", session, asJSON: json)
        }
    }
}
