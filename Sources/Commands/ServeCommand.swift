import ArgumentParser
import DevelopmentIssuer
import Foundation
import TerminalText

struct ServeCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a development issuer on this machine; no account needed.",
        discussion: """
            Example: session-inspector serve --access-lifetime 60s --fault drop@1:renew

            Faults: latency=MS, status=CODE[,retry-after=S], drop (handles the request, drops the response), drop-request \
            (ignores the request), truncate (cuts the response short), garbage (a body that isn't JSON), refuse, skew=S \
            (the issuer's clock is S seconds ahead), no-expiry, no-refresh-token, string-numbers (numbers as JSON strings). \
            Suffixes: @N (the next N requests), %P (percent of requests), and :generate, :renew, :info or :api (only \
            those). At runtime, /development/faults lists (GET), adds (POST), replaces (PUT) and clears (DELETE) them.

            Issued, replaced and revoked tokens are remembered across restarts.

            Requests must use a loopback host name (421 otherwise). Requests from web pages are accepted only if the \
            page is served from this machine (403 otherwise). Headers must not exceed 32 KiB (431).
            """)

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("Port on 127.0.0.1; 0 picks a free one.", valueName: "n"))
    var port: UInt16 = 8787

    @Option(help: ArgumentHelp("Lifetime of access tokens, such as 90s or 4h.", valueName: "duration"))
    var accessLifetime: Duration = .seconds(4 * 3600)

    @Option(help: ArgumentHelp("Lifetime of refresh tokens, such as 30d.", valueName: "duration"))
    var refreshLifetime: Duration = .seconds(365 * 86400)

    @Flag(help: "Rotate the refresh token at each renewal, and refuse the old one.")
    var rotate = false

    @Option(
        help: ArgumentHelp("Fault to inject. Repeatable.", valueName: "fault"),
        transform: Self.fault)
    var fault: [Fault] = []

    @Flag(name: .shortAndLong, help: "Don't print a line for each request.")
    var quiet = false

    func validate() throws {
        guard min(accessLifetime, refreshLifetime) >= .seconds(1) else {
            throw ValidationError("Lifetimes must be at least one second.")
        }
    }

    @Sendable static func fault(_ text: String) throws -> Fault {
        do { return try Fault(text) } catch { throw ValidationError(error.description) }
    }

    func perform() async throws {
        var issuerOptions = DevelopmentIssuerServer.Options()
        issuerOptions.port = port
        // `run` and `browse` can send an application's calls here.
        issuerOptions.host = "www.wixapis.com"
        issuerOptions.accessLifetime = accessLifetime
        issuerOptions.refreshLifetime = refreshLifetime
        issuerOptions.rotate = rotate
        issuerOptions.faults = fault
        issuerOptions.stateFolder = Paths(environment: ProcessInfo.processInfo.environment).issuerStateFolder
        if !quiet {
            issuerOptions.report = { line in
                let time = Times.clock(
                    Date(), secondsFromUTC: TimeZone.current.secondsFromGMT(), showsSeconds: true)
                StandardError.write(TextSanitizer.line("\(time)  \(line)") + "\n")
            }
        }
        let server = DevelopmentIssuerServer(issuerOptions)
        let stopping = StopSignals()
        let port: UInt16
        do {
            port = try await server.start()
        } catch {
            throw Failure(.cannotCreate, error.description)
        }
        let url = "http://127.0.0.1:\(port)"
        StandardError.say("Development issuer listening on \(url) (Ctrl-C stops it)")
        StandardError.say(
            "In another terminal: session-inspector --issuer \(url) --client-id \(DevelopmentClient.id)")
        StandardError.say(
            "In JavaScript, redirect https://www.wixapis.com/oauth2 to \(url)/oauth2 (see README)."
        )
        StandardError.say("Statistics: curl \(url)/development/stats")
        StandardError.say("Inject a fault: curl -d drop@1:renew \(url)/development/faults")
        await stopping.wait()
        await server.stop()
        let counts = server.counts
        StandardError.say(
            "Stopped. Visitors: \(counts.issued), renewals: \(counts.redemptions), refusals: \(counts.refusals).")
    }
}
