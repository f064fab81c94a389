import ArgumentParser
import DevelopmentIssuer
import Foundation
import TerminalText

struct ServeCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the development issuer: a token server on this machine, without an account.",
        discussion: """
            Example: session-inspector serve --access-lifetime 60s --fault drop@1:renew

            Faults: latency=MS, status=CODE[,retry-after=S], drop (the work is done, no answer comes), drop-request \
            (nothing is done), truncate, garbage, refuse, skew=S, no-expiry, no-refresh-token, string-numbers. Each may \
            end in @N (the next N requests), %P (percent of them) and :generate, :renew, :info or :api (those alone). \
            While it runs, /development/faults shows them (GET), adds some (POST), sets others in their place (PUT) and \
            clears them (DELETE).

            What it has given out, replaced and revoked holds after a restart, too.

            It answers only requests to a loopback name (others get 421), from web pages only those on this machine (403), \
            and no headers that are too large (431).
            """)

    @OptionGroup var options: GlobalOptions

    @Option(help: ArgumentHelp("Where to listen on 127.0.0.1; 0 is any free port.", valueName: "n"))
    var port: UInt16 = 8787

    @Option(help: ArgumentHelp("How long access tokens live.", valueName: "duration"))
    var accessLifetime: Duration = .seconds(4 * 3600)

    @Option(help: ArgumentHelp("How long refresh tokens live.", valueName: "duration"))
    var refreshLifetime: Duration = .seconds(365 * 86400)

    @Flag(help: "Replace the refresh token at each renewal, and refuse the old one.")
    var rotate = false

    @Option(
        help: ArgumentHelp("Something that goes wrong on purpose. Can be repeated.", valueName: "fault"),
        transform: Self.fault)
    var fault: [Fault] = []

    func validate() throws {
        guard min(accessLifetime, refreshLifetime) >= .seconds(1) else {
            throw ValidationError("A token must live for a second at least.")
        }
    }

    @Sendable private static func fault(_ text: String) throws -> Fault {
        do { return try Fault(text) } catch { throw ValidationError(error.description) }
    }

    func perform() async throws {
        var issuerOptions = DevelopmentIssuerServer.Options()
        issuerOptions.port = port
        issuerOptions.accessLifetime = accessLifetime
        issuerOptions.refreshLifetime = refreshLifetime
        issuerOptions.rotate = rotate
        issuerOptions.faults = fault
        issuerOptions.stateFolder = Paths(environment: ProcessInfo.processInfo.environment).issuerStateFolder
        let server = DevelopmentIssuerServer(issuerOptions)
        let stopping = StopSignals()
        let port: UInt16
        do {
            port = try await server.start()
        } catch {
            throw Failure(.cannotCreate, error.description)
        }
        let url = "http://127.0.0.1:\(port)"
        StandardError.say("The development issuer listens (Ctrl-C stops it): \(url)")
        StandardError.say(
            "In another terminal: session-inspector --issuer \(url) --client-id \(DevelopmentClient.id)")
        StandardError.say(
            "In JavaScript: let fetch go to \(url)/oauth2 in place of https://www.wixapis.com/oauth2, as the README shows."
        )
        StandardError.say("What it has done: curl \(url)/development/stats")
        StandardError.say("What goes wrong: curl -d drop@1:renew \(url)/development/faults")
        await stopping.wait()
        await server.stop()
        let counts = server.counts
        StandardError.say(
            "Stopped, after \(counts.issued) visitors, \(counts.redemptions) renewals and \(counts.refusals) refusals.")
    }
}
