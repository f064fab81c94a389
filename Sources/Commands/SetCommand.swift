import ArgumentParser
import Foundation
import TerminalText
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

            Reads what applications store: the SDK's JSON, a cookie, a token endpoint's response, a bare token, an \
            Authorization header. For files with several sessions, use `import`.

            A token's form (OauthNG.JWS. or JWS.) decides whether it is an access or a refresh token. Placeholders such \
            as undefined or $TOKEN are ignored. A refresh token alone keeps the session's access token; an access token \
            alone keeps the refresh token if both belong to the same visitor. Replacing a Wix token with something \
            else asks first; in scripts, use --yes.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Create a new session.")
    var new = false

    @Option(help: ArgumentHelp("Label of the new session.", valueName: "label"))
    var label = ""

    @Flag(help: "Allow setting an access token alone, which drops the session's refresh token.")
    var dropRefreshToken = false

    @Flag(help: "Replace Wix tokens with other tokens without asking.")
    var yes = false

    @Flag(help: "Print a JSON object.")
    var json = false

    @Argument(
        help: "The session (unless --new), then the file. Default: standard input.",
        completion: .sessions)
    var arguments: [String] = []

    func validate() throws {
        guard new ? arguments.count <= 1 : (1...2).contains(arguments.count) else {
            throw ValidationError(
                new ? "--new takes at most one file." : "Name the session and at most one file, or use --new."
            )
        }
        guard new || label.isEmpty else { throw ValidationError("--label requires --new.") }
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
        let outcome = put.done.first?.outcome == .updated ? "it was updated" : "nothing newer was found"
        StandardError.say("Session \(holder.id) already holds this refresh token; \(outcome).")
        guard let session = try await workbench.store.session(holder.id) else { throw StoreError.notFound(holder.id) }
        try workbench.report("set", session, asJSON: json)
        return true
    }

    /// Says whether the tokens are those of a discarded session, and how to have that one back.
    private func sayWhoseDiscarded(
        _ tokens: Tokens, besides target: SessionID?, _ workbench: Workbench
    ) async throws {
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else { return }
        let lastRestorable = workbench.now() - workbench.manager.policy.gracePeriod
        let holders = try await workbench.store.sessions(holding: token, since: .distantFuture, limit: 10)
        guard !holders.contains(where: { $0.discardedAt == nil }),
            let holder = holders.first(where: { $0.id != target && ($0.discardedAt ?? .distantPast) > lastRestorable })
        else { return }
        StandardError.say(
            """
            These tokens belong to session \(holder.id), which is discarded. To continue with it, discard the session that \
            has them now, then run `session-inspector restore \(holder.id.prefix(8))`.
            """)
    }

    func perform() async throws {
        let workbench = try await Workbench(options, as: "set", makesStore: true)
        try workbench.requireWritable()
        let target = new ? nil : try await workbench.store.find(arguments[0])
        let file = new ? arguments.first : arguments.dropFirst().first
        let found: ReadTokens
        do {
            found = try TokenContainers.read(try TokenInput.read(file), now: workbench.now()).single()
        } catch let error as UnreadableTokens {
            throw Failure(.unreadableInput, "\(error.description) Nothing was changed.")
        }
        let unit = found.expiryUnit == .none ? "" : ", its expiry in \(found.expiryUnit.rawValue)"
        StandardError.say("Found: \(found.shape)\(unit).")
        if let clientID = found.clientID, let own = target?.clientID ?? workbench.configuration.clientID,
            clientID != own
        {
            StandardError.say("The tokens name client \(clientID) instead of \(own); \(clientID) is kept.")
        }
        for note in found.notes { StandardError.say(note) }
        try await sayWhoseDiscarded(found.tokens, besides: target?.id, workbench)
        if let target {
            try await set(found, on: target, workbench)
        } else {
            if try await bringUpToDate(found, workbench) { return }
            let clientID = if let clientID = found.clientID { clientID } else { try workbench.clientID() }
            let session = try await workbench.manager.add(found.tokens, label: label, clientID: clientID)
            try workbench.report("set", session, asJSON: json)
        }
    }
    private func set(_ found: ReadTokens, on target: VisitorSession, _ workbench: Workbench) async throws {
        guard let stored = try await workbench.store.opened(target.id)?.tokens else {
            throw StoreError.notFound(target.id)
        }
        let replacement = TokenReplacement(
            of: stored, by: found.tokens, droppingRefreshToken: dropRefreshToken)
        guard !replacement.losesRefreshToken || dropRefreshToken else {
            throw Failure(
                .unreadableInput,
                """
                No refresh token found. Session \(target.id) would lose its own and couldn't be renewed. Nothing was \
                changed. Use --drop-refresh-token to set the access token anyway.
                """)
        }
        if let warning = replacement.warning, !yes {
            let refusal = Failure(
                .unreadableInput, "\(warning) Nothing was changed. Use --yes to set it anyway.")
            guard try Question.isConfirmed("\(warning) Set it anyway?", otherwise: refusal) else {
                return StandardError.say("Cancelled.")
            }
        }
        let done = try await workbench.manager.set(
            replacement.tokens, clientID: found.clientID, on: target.id,
            replacing: replacement.keepsToken ? stored : nil)
        for note in replacement.notes { StandardError.say(note) }
        try workbench.report("set", done.session, asJSON: json)
    }
}
