import ArgumentParser
import Foundation
import InspectorCore
import VisitorSessions
import WixHeadless

struct RequestCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Send one request with a session's access token.",
        discussion: """
            Example: session-inspector request 3f2a91 https://www.wixapis.com/ecom/v1/carts/current

            The token is renewed first when it is about to end, and once more when it is not taken. The body goes to \
            standard output as it comes, the status to standard error.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Argument(help: "The address: https, or http on this machine.")
    var url: String

    @Option(
        name: [.customShort("X"), .long],
        help: ArgumentHelp("GET, or POST with a body, unless given.", valueName: "method"))
    var method: String?

    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp("A header field. Can be repeated.", valueName: "name: value"))
    var header: [String] = []

    @Option(
        name: [.customShort("d"), .long],
        help: ArgumentHelp("The body; @FILE reads a file, @- standard input.", valueName: "data"))
    var data: String?

    func perform() async throws {
        let body = try data.map(RequestBody.init)
        let request = try request(body)
        let workbench = try await Workbench(options, as: "request")
        let found = try await workbench.store.find(session)
        let file: HTTPFileBody? = if case .file(let file)? = body { file } else { nil }
        let answer = try await workbench.interruptible(isAnnounced: false) {
            try await VisitorClient(manager: workbench.manager, session: found).authorized { token in
                try await StreamedExchange(transport: workbench.transport).send(request, body: file, token: token)
            } isExpired: {
                $0.isAboutExpiredToken
            }
        }
        if let held = answer.heldBody { try StandardOutput.write(held) }
        let id = answer.requestID.map { " (request \($0))" } ?? ""
        StandardError.say("Status \(answer.status)\(id).")
        if answer.status >= 400 { throw ExitCode(ExitStatus.issuer.rawValue) }
    }

    private func request(_ body: RequestBody?) throws -> HTTPRequest {
        // The same rule as for an issuer: tokens do not travel in the clear.
        guard let address = URL(string: url), let scheme = address.scheme, let host = address.host() else {
            throw Failure(.usage, "The address must be such as https://www.wixapis.com/….")
        }
        do {
            let port = address.port.map { ":\($0)" } ?? ""
            _ = try IssuerURL("\(scheme)://\(host)\(port)")
        } catch {
            throw Failure(.usage, "The address must begin with https://: http:// is for this machine alone.")
        }
        let fields = try header.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw Failure(.usage, "A header field is written as “name: value”.") }
            return (
                name: parts[0].trimmingCharacters(in: .whitespaces),
                value: parts[1].trimmingCharacters(in: .whitespaces)
            )
        }
        let bytes: Data? = if case .bytes(let bytes)? = body { bytes } else { nil }
        return HTTPRequest(method ?? (body == nil ? "GET" : "POST"), address, headers: fields, body: bytes)
    }
}
