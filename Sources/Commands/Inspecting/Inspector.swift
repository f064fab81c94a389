import ArgumentParser
import Foundation
import InspectorCore
import InspectorTerminal
import TerminalText
import VisitorSessions
import WixHeadless

/// Opens the inspector with a session manager.
struct Inspector {
    var manager: SessionManager
    var store: any SessionBrowser & StoreMaintenance
    var issuer: WixTokenIssuer
    var clientID: String?
    var options: InspectorOptions
    var display = ScreenOptions()

    /// The URL of the probe request. `nil`: the development issuer's.
    var probeURL: String?

    /// The URLs of the named probe requests, by name.
    var probes: [String: String] = [:]

    /// Opens a browser at a page as a session's visitor. `nil`: browsers can't be opened.
    var browse: (@Sendable (SessionID, String) async -> String?)?

    /// Saves the client ID in the profile, and returns why that failed, if it did. `nil`: client IDs can't be saved.
    var saveClientID: (@Sendable (String) -> String?)?

    /// Saves the view for the next start. `nil`: it isn't saved.
    var memory: RememberedViewFile?

    func run() throws {
        let memory = memory
        var options = options
        options.probes = probes.keys.sorted() + (probeURL != nil && !probes.isEmpty ? ["probe-url"] : [])
        options.serves = { [manager] in manager.serves($0) }
        let requests = IssuerProbe(issuer: issuer, manager: manager, usual: probeURL, named: probes)
        let services = InspectorServices(
            manager: manager, store: store, clientID: clientID, namedIssuer: options.namedIssuer,
            read: { [clock = manager.clock] in Self.read($0, for: $1, now: clock.now) },
            describe: { Self.describe($0) },
            write: { [clock = manager.clock] opened, form, places in
                if let kind = form.placeKind {
                    return BrowserScript.text(setting: opened.tokens, at: places, otherwise: kind, now: clock.now)
                }
                return Self.text(of: opened, as: form, now: clock.now, url: requests.url(for: opened.session))
            },
            writePair: { Self.editable($0, replaced: $1) },
            tokenInfo: { await requests.tokenInfo($0, of: $1) },
            probe: { await requests.send($0, of: $1, named: $2) }, issuerAnswers: { await requests.issuerAnswers() },
            browse: browse, saveClientID: saveClientID, remember: { memory?.write($0) })
        let ending = try InspectorLoop(services: services).run(options, display: display, remembered: memory?.read())
        Blocking.run { [manager] in
            for error in await manager.unstored() { StandardError.say(Failure(error)) }
        }
        switch ending {
        case .quit: break
        case .signaled(let number):
            // The sender of the signal must see that it ended the process.
            signal(number, SIG_DFL)
            raise(number)
        }
    }

    /// - Parameter stored: The tokens of the session to change, or `nil` for a new one.
    private static func read(
        _ text: Secret, for stored: Tokens?, now: Date
    ) -> Result<[TokenPreview], UnreadableTokensNotice> {
        do throws(UnreadableTokens) {
            let found = try TokenDiscovery.read(Data(text.reveal().utf8), now: now)
            guard (1...previewLimit).contains(found.findings.count) else {
                // Throws, because there are none or too many to choose from.
                return .success([preview(of: try found.onlyFinding(), for: stored)])
            }
            return .success(found.findings.map { preview(of: $0, for: stored) })
        } catch {
            return .failure(UnreadableTokensNotice(error.description, anyway: anyway(text, for: stored)))
        }
    }

    /// A single word as an access token and as a refresh token, each combined with the session's other token.
    private static func anyway(_ text: Secret, for stored: Tokens?) -> [TokenPreview] {
        let word = Secret(text.reveal().trimmingCharacters(in: .whitespacesAndNewlines))
        guard !word.isEmpty, !word.isPlaceholder, word.reveal().utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return []
        }
        func preview(_ name: String, _ change: (inout Tokens) -> Void) -> TokenPreview {
            var tokens = stored ?? Tokens()
            change(&tokens)
            var preview = TokenPreview(tokens: tokens, shape: name)
            preview.warning = InspectorTexts.setAnywayCost
            preview.changes = stored.map { changes(from: $0, to: tokens) }
            preview.replacing = stored
            return preview
        }
        let choices = [
            preview("as an access token") { $0.accessToken = .reading(word) },
            // The word doesn't reveal its role, so the session's role is kept.
            preview("as a refresh token") { tokens in
                let role: TokenRole? = stored?.role == .member ? .member : nil
                tokens.refreshToken = .reading(word, role: role, issuedWith: tokens.accessToken)
            },
        ]
        return word.startsLikeRefreshToken ? choices.reversed() : choices
    }

    private static func changes(from old: Tokens, to new: Tokens) -> [String] {
        [
            old.accessToken?.value == new.accessToken?.value ? nil : "access token",
            old.refreshToken?.value == new.refreshToken?.value ? nil : "refresh token",
        ].compactMap(\.self)
    }

    /// A session's tokens as JSON on several lines. Lines that begin with `//` are ignored when the text is read again.
    private static func editable(_ opened: OpenedSession, replaced: Tokens?) -> Secret {
        func json(_ tokens: Tokens) -> String {
            JSONText.pretty(Data(SDKTokens.json(tokens).reveal().utf8)) ?? SDKTokens.json(tokens).reveal()
        }
        var lines = [
            "// The tokens of \(opened.session.shortName). Save to preview the changes; nothing is set until you confirm."
        ]
        if let replaced {
            lines += ["// The previous tokens:"] + json(replaced).split(separator: "\n").map { "// \($0)" }
        }
        return Secret((lines + [json(opened.tokens)]).joined(separator: "\n"))
    }

    /// The maximum number of sessions to choose from. For more, use `import`.
    private static let previewLimit = 50

    private static func preview(of finding: FoundTokens.Finding, for stored: Tokens?) -> TokenPreview {
        let found = finding.read
        var preview = TokenPreview(
            tokens: found.tokens, shape: found.shape, clientID: found.clientID,
            expiryUnit: found.expiryUnit == .none ? nil : found.expiryUnit.rawValue)
        preview.notes = [finding.origin].compactMap(\.self) + found.notes
        preview.summary = finding.summary
        guard let stored else { return preview }
        let replacement = TokenReplacement(of: stored, by: found.tokens)
        preview.tokens = replacement.tokens
        preview.notes += replacement.notes
        preview.warning =
            replacement.losesRefreshToken
            ? "No refresh token was found. The session would lose its own and could no longer be renewed."
            : replacement.warning
        preview.changes = changes(from: stored, to: replacement.tokens)
        preview.isUnchanged = replacement.isUnchanged
        preview.replacing = replacement.keepsToken ? stored : nil
        return preview
    }

    /// `nil` if the session has no such token.
    private static func text(of opened: OpenedSession, as form: CopyFormat, now: Date, url: URL?) -> Secret? {
        let export: TokenExport
        switch form {
        case .accessToken: export = .accessToken
        case .refreshToken: export = .refreshToken
        case .header: export = .header
        case .sdk: export = .sdk
        case .cookie: export = .cookie
        case .curl: export = .curlCommand
        case .cookieScript, .storageScript: return nil
        case .claim(_, let value): return Secret(value)
        }
        return export.text(of: opened, now: now, url: url)
    }

    private static func describe(_ token: Secret) -> TokenDescription {
        let decoded = DecodedToken(token)
        return TokenDescription(
            format: decoded.format.description, length: token.reveal().count,
            claims: decoded.header.map { describe($0, at: ["header"] + $0.path) }
                + decoded.claims.map { claim in
                    // Wix nests all claims in one object, whose path would only repeat in front of each name.
                    let isNested = claim.path.count > wixNesting.count && claim.path.starts(with: wixNesting)
                    return describe(claim, at: Array(claim.path.dropFirst(isNested ? wixNesting.count : 0)))
                })
    }

    private static let wixNesting = ["data", "instance"]

    private static func describe(_ claim: Claim, at path: [String]) -> TokenDescription.Claim {
        let isLiteral =
            switch claim.value {
            case .number, .bool, .null, .json: true
            case .text, .date: false
            }
        let value: TokenDescription.Claim.Value =
            if case .date(let date) = claim.value { .time(date) } else { .text(claim.value.description) }
        return TokenDescription.Claim(path: path, value: value, isLiteral: isLiteral)
    }
}

/// Display options of the commands that open the inspector.
struct DisplayOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Colors for a dark or light background, or auto.", valueName: "dark|light|auto"))
    var theme: ScreenOptions.Background?

    @Flag(help: "Use only ASCII characters.")
    var ascii = false

    /// - Parameter configured: The configured theme. The option takes precedence.
    func screenOptions(configured: ConfigurationFile.Theme? = nil) -> ScreenOptions {
        let background = theme ?? configured?.background.flatMap(ScreenOptions.Background.init(rawValue:)) ?? .auto
        return ScreenOptions(background: background, isASCII: ascii, colors: configured?.colors ?? [:])
    }
}

extension ScreenOptions.Background: ExpressibleByArgument {}

/// The inspector's view in the state folder. Errors are ignored.
struct RememberedViewFile: Sendable {
    let url: URL

    func read() -> RememberedView? {
        guard let data = try? RegularFile.read(url, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(RememberedView.self, from: data)
    }

    func write(_ view: RememberedView) {
        guard let data = try? JSONEncoder().encode(view) else { return }
        // Private, because the filter may name a visitor.
        try? PrivateFile.replace(url, with: data)
    }
}
