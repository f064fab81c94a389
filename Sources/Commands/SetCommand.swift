import ArgumentParser
import Foundation
import InspectorCore
import TerminalText
import VisitorSessions
import WixHeadless

struct SetCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set tokens from a file or standard input.",
        usage:
            """
            session-inspector set <session> [<file>]
            session-inspector set --new [--label <label>] [<file>]
            session-inspector set --undo <session>
            """,
        discussion: """
            Example: pbpaste | session-inspector set 3f2a91

            Reads what applications store and what you copy: the SDK's JSON, a cookie, a token endpoint's response, a \
            bare token, an Authorization header, or a request copied as cURL or fetch. For files with several sessions, \
            use `import`.

            A token's prefix (OauthNG.JWS. or JWS.) determines whether it is an access or a refresh token. Placeholders such \
            as undefined or $TOKEN are ignored. If you set only a refresh token, the session keeps its access token. If you \
            set only an access token, the session keeps its refresh token, provided both belong to the same visitor. \
            You are asked before a Wix token is replaced with another kind of token; in scripts, use --yes.

            The store keeps the replaced tokens: --undo restores them. Use --undo again to reverse that; you are asked \
            first.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Create a new session.")
    var new = false

    @Flag(help: "Restore the tokens that `set` last replaced.")
    var undo = false

    @Option(help: ArgumentHelp("Label of the new session.", valueName: "label"))
    var label = ""

    @Flag(help: "Set an access token even if the session's refresh token must be dropped.")
    var dropRefreshToken = false

    @Flag(
        help:
            "Don't ask before replacing a Wix token with another kind of token, changing a live session or reversing an undo."
    )
    var yes = false

    @Flag(help: "Print a JSON object.")
    var json = false

    @Argument(
        help: "The session (omit it with --new), then the file (default: standard input).",
        completion: .sessions)
    var arguments: [String] = []

    func validate() throws {
        guard !undo || (arguments.count == 1 && !new && !dropRefreshToken) else {
            throw ValidationError("--undo takes one session.")
        }
        guard new ? arguments.count <= 1 : (1...2).contains(arguments.count) else {
            throw ValidationError(
                new ? "--new takes at most one file." : "Specify the session and at most one file, or use --new."
            )
        }
        guard new || label.isEmpty else { throw ValidationError("--label requires --new.") }
    }

    /// If a session in use already holds the refresh token, updates it with what is newer in `found`, and returns
    /// `true`.
    private func updateHolder(_ found: ReadTokens, _ context: CommandContext) async throws -> Bool {
        guard let token = found.tokens.refreshToken?.value,
            let holder = try await context.store.sessions(holding: token, since: .distantFuture, limit: 10)
                .first(where: { $0.discardedAt == nil && $0.damage == nil })
        else { return false }
        let put = await Importer(context: context, isDryRun: false).put([ImportItem(read: found, place: "input")])
        if let failure = put.failure { throw failure }
        let isUpdated = put.done.first?.outcome == .updated
        let outcome = isUpdated ? "it was updated" : "no session was created"
        let keepsLabel = label.isEmpty || label == holder.label ? "" : " and keeps its label"
        StandardError.say("Session \(holder.id) already holds this refresh token\(keepsLabel); \(outcome).")
        guard let session = try await context.store.session(holder.id) else { throw StoreError.notFound(holder.id) }
        try context.report(isUpdated ? "updated" : "unchanged", session, asJSON: json, pretty: true)
        return true
    }

    /// If another session holds the tokens that were set on `session` too, prints that. If it is discarded, also prints
    /// how to restore it.
    private func reportOtherHolder(
        of tokens: Tokens, besides session: VisitorSession, _ context: CommandContext
    ) async throws {
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else { return }
        let lastRestorable = context.now() - context.manager.policy.gracePeriod
        let other = try await context.store.sessions(holding: token, since: .distantFuture, limit: 10)
            .filter { $0.id != session.id && ($0.discardedAt ?? .distantFuture) > lastRestorable }.preferredHolder
        guard let other else { return }
        let kind = tokens.refreshToken == nil ? "access token" : "tokens"
        guard other.discardedAt != nil else {
            return StandardError.say(TextSanitizer.line("Session \(other.shortName) has the same \(kind)."))
        }
        StandardError.say(
            """
            The discarded session \(other.id) has the same \(kind). To use it instead, discard session \
            \(session.id.prefix(8)), then run `session-inspector restore \(other.id.prefix(8))`.
            """)
    }

    func perform() async throws {
        let context = try await CommandContext(options, as: "set", makesStore: true)
        try context.requireWritable()
        let target = new ? nil : try await context.store.find(arguments[0])
        if undo, let target { return try await undoSet(of: target, context) }
        let file = new ? arguments.first : arguments.dropFirst().first
        let finding: FoundTokens.Finding
        do {
            finding = try TokenDiscovery.read(try TokenInput.read(file), now: context.now()).onlyFinding()
        } catch let error as UnreadableTokens {
            throw Failure(.unreadableInput, "\(error.description) Nothing was changed.")
        }
        let found = finding.read
        let unit = found.expiryUnit == .none ? "" : "; expiry read as \(found.expiryUnit.rawValue)"
        StandardError.say("Found: \(finding.summary)\(unit).")
        if let clientID = found.clientID, let own = target?.clientID ?? context.configuration.clientID,
            clientID != own
        {
            StandardError.say(
                "These tokens were issued to client \(clientID), not \(own). Setting them stores the session under \(clientID)."
            )
        }
        for note in found.notes { StandardError.say(note) }
        if let target {
            try await set(found, on: target, context)
        } else {
            if try await updateHolder(found, context) { return }
            let clientID = if let clientID = found.clientID { clientID } else { try context.clientID() }
            let session = try await context.manager.add(
                found.tokens, label: label, clientID: clientID, issuer: context.namedIssuer?.name)
            try await reportSet(found.tokens, session, context)
        }
    }

    /// Prints the result, and what to know about the tokens.
    private func reportSet(_ tokens: Tokens, _ session: VisitorSession, _ context: CommandContext) async throws {
        if session.refreshExpiry == .absent, !session.accessExpiry.isUsable(at: context.now()) {
            StandardError.say(
                "The access token has expired, and without a refresh token it can't be renewed. Set tokens that include one."
            )
        }
        try await reportOtherHolder(of: tokens, besides: session, context)
        try context.report("set", session, asJSON: json, pretty: true)
    }

    private func undoSet(of target: VisitorSession, _ context: CommandContext) async throws {
        let lastSet = try await context.store.history(of: target.id, limit: 200).first { $0.draft.event == .set }
        let isRedo = lastSet?.draft.outcome == JournalEntry.setUndone
        if isRedo, !yes {
            let fact = "The last `set` on session \(target.id.prefix(8)) has already been undone."
            let refusal = Failure(.usage, "\(fact) Nothing was changed. Use --yes to set those tokens again.")
            guard try Question.isConfirmed("\(fact) Set those tokens again?", otherwise: refusal) else {
                return StandardError.say("Cancelled.")
            }
        }
        guard try await isConfirmed("Restore the previous tokens of", target, context) else { return }
        let done = try await context.manager.undoSet(of: target.id, isRedo: isRedo)
        if let after = try await context.store.opened(target.id) {
            StandardError.say(Self.change(from: done.previous, to: after))
        }
        try context.report(isRedo ? "set" : "restored", done.session, asJSON: json, pretty: true)
    }

    /// What changed in the session, on one line without tokens.
    private static func change(from previous: OpenedSession, to current: OpenedSession) -> String {
        let (old, new) = (previous.tokens, current.tokens)
        func change(_ name: String, from old: Secret?, to new: Secret?) -> String? {
            old == new ? nil : new == nil ? "\(name) removed" : name
        }
        let tokens = [
            change("access token", from: old.accessToken?.value, to: new.accessToken?.value),
            change("refresh token", from: old.refreshToken?.value, to: new.refreshToken?.value),
        ]
        let (before, after) = (previous.session, current.session)
        func text(_ expiry: TokenExpiry) -> String {
            switch expiry {
            case .absent: "none"
            case .unknown: "unknown"
            case .at(let date): SessionDocument.time(date) ?? "unknown"
            }
        }
        let facts = [
            ("access expiry", text(before.accessExpiry), text(after.accessExpiry)),
            ("refresh expiry", text(before.refreshExpiry), text(after.refreshExpiry)),
            ("visitor", before.visitorID ?? "unknown", after.visitorID ?? "unknown"),
            ("role", before.role.rawValue, after.role.rawValue), ("client", before.clientID, after.clientID),
            ("issuer", before.issuer ?? "unknown", after.issuer ?? "unknown"),
        ]
        let changes = facts.compactMap { name, before, after in
            before == after ? nil : TextSanitizer.line("\(name) \(before) → \(after)")
        }
        let all = tokens.compactMap(\.self) + changes
        return all.isEmpty ? "The tokens are unchanged." : "Changed: \(all.joined(separator: ", "))."
    }

    /// Asks for confirmation if a running application uses the session. Returns whether to go on.
    private func isConfirmed(
        _ question: String, _ target: VisitorSession, _ context: CommandContext
    ) async throws -> Bool {
        let isLive = try await context.store.liveSessions(among: [target.id])[target.id]?.isLive == true
        guard try yes || !isLive || context.isConfirmed("\(question) \(target.id.prefix(8))", inUseOf: target) else {
            StandardError.say("Cancelled.")
            return false
        }
        return true
    }

    private func set(_ found: ReadTokens, on target: VisitorSession, _ context: CommandContext) async throws {
        guard let stored = try await context.store.opened(target.id)?.tokens else {
            throw StoreError.notFound(target.id)
        }
        let replacement = TokenReplacement(
            of: stored, by: found.tokens, droppingRefreshToken: dropRefreshToken)
        guard !replacement.losesRefreshToken || dropRefreshToken else {
            throw Failure(
                .unreadableInput,
                """
                The access token \
                \(replacement.changesVisitor ? "belongs to another visitor" : "can't be matched to the session's visitor"), \
                and no refresh token was found. Session \(target.id) would lose its refresh token and could no longer be \
                renewed. Nothing was changed. Use --drop-refresh-token to set the access token anyway.
                """)
        }
        if let warning = replacement.warning, !yes {
            let refusal = Failure(
                .unreadableInput, "\(warning) Nothing was changed. Use --yes to set these tokens anyway.")
            guard try Question.isConfirmed("\(warning) Set these tokens anyway?", otherwise: refusal) else {
                return StandardError.say("Cancelled.")
            }
        }
        let issuer = context.namedIssuer?.forTokens(of: target)
        if replacement.isUnchanged, target.keepsState(withOwnTokensOf: found.clientID, issuer: issuer) {
            StandardError.say("Session \(target.id) already has these tokens. Nothing was changed.")
            return try context.report("unchanged", target, asJSON: json, pretty: true)
        }
        guard try await isConfirmed("Set the tokens of", target, context) else { return }
        let done = try await context.manager.set(
            replacement.tokens, clientID: found.clientID, issuer: issuer, on: target.id,
            replacing: replacement.keepsToken ? stored : nil)
        for note in replacement.notes { StandardError.say(note) }
        StandardError.say(Self.change(from: done.previous, to: .init(done.session, tokens: replacement.tokens)))
        try await reportSet(found.tokens, done.session, context)
    }
}
