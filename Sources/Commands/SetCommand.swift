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

            Takes what applications keep: the SDK's JSON, a cookie, the token endpoint's answer, a bare token, an \
            Authorization header. A file with several sessions is for `import`.

            A token is told by its own form (OauthNG.JWS. or JWS.), wherever it stands; a placeholder, such as undefined \
            or $TOKEN, is none. A refresh token alone leaves the session's access token as it is; an access token alone \
            leaves the refresh token where both are the same visitor's. Where a token in Wix's form would be replaced by \
            one that is not, a terminal asks first, and a script needs --yes.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Store the tokens as a new session.")
    var new = false

    @Option(help: ArgumentHelp("What to call the new session.", valueName: "label"))
    var label = ""

    @Flag(help: "Set an access token alone, though the session loses its refresh token with that.")
    var dropRefreshToken = false

    @Flag(help: "Do not ask before a token in Wix's form is replaced by one that is not.")
    var yes = false

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
            These are the tokens of session \(holder.id), which is discarded. To go on with that one, discard the session \
            that has them now; then session-inspector restore \(holder.id.prefix(8)) restores it.
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
        StandardError.say("Understood: \(found.shape)\(unit).")
        if let clientID = found.clientID, let own = target?.clientID ?? workbench.configuration.clientID,
            clientID != own
        {
            StandardError.say("They name the client \(clientID), not \(own): theirs is kept.")
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
                There is no refresh token in this, and session \(target.id) would lose the one that it has: it could \
                not be renewed any more. Nothing was changed. --drop-refresh-token sets the access token all the same.
                """)
        }
        if let warning = replacement.warning, !yes {
            let refusal = Failure(
                .unreadableInput, "\(warning) Nothing was changed. Give --yes to set what was found all the same.")
            guard try Question.isConfirmed("\(warning) Set it all the same?", otherwise: refusal) else {
                return StandardError.say("Nothing was set.")
            }
        }
        let done = try await workbench.manager.set(
            replacement.tokens, clientID: found.clientID, on: target.id,
            replacing: replacement.keepsToken ? stored : nil)
        for note in replacement.notes { StandardError.say(note) }
        try workbench.report("set", done.session, asJSON: json)
    }
}
