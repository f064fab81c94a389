import ArgumentParser
import Foundation
import TerminalText
import VisitorSessions
import WixHeadless

struct RequestCommand: BackgroundCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Send an HTTP request with a session's access token.",
        discussion: """
            Example: session-inspector request 3f2a91 https://www.wixapis.com/ecom/v1/carts/current

            The token is renewed if it is about to expire or if the server rejects it. The body is \
            streamed to standard output; the status goes to standard error.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "A prefix of the session's ID, or its label.", completion: .sessions)
    var session: String

    @Argument(help: "URL: https, or http on this machine.")
    var url: String

    @Option(
        name: [.customShort("X"), .long],
        help: ArgumentHelp("HTTP method (default: GET, or POST with a body).", valueName: "method"))
    var method: String?

    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp("Header field. Repeatable.", valueName: "name: value"))
    var header: [String] = []

    @Option(
        name: [.customShort("d"), .long],
        help: ArgumentHelp("Body; @FILE reads a file, @- standard input.", valueName: "data"))
    var data: String?

    func perform() async throws {
        let body = try data.map(RequestBody.init)
        let request = try request(body)
        let context = try await CommandContext(options, as: "request")
        let found = try await context.store.find(session)
        let file: HTTPFileBody? = if case .file(let file)? = body { file } else { nil }
        let answer = try await context.renewing(found.id) {
            try await context.interruptible(isAnnounced: false) {
                try await VisitorClient(manager: context.manager, session: found).authorized { token in
                    try await StreamedExchange(transport: context.transport).send(request, body: file, token: token)
                } isExpired: {
                    $0.isAboutExpiredToken
                }
            }
        }
        if let held = answer.heldBody { try StandardOutput.write(held) }
        // Otherwise, the status would continue the body's last line.
        if StandardOutput.isTerminal, answer.isLineOpen { try StandardOutput.write("\n") }
        let id = answer.requestID.map { " (request \($0))" } ?? ""
        StandardError.say("Status \(answer.status)\(id).")
        if answer.status >= 400 { throw ExitCode(ExitStatus.issuer.rawValue) }
    }

    private func request(_ body: RequestBody?) throws -> HTTPRequest {
        // As with issuers, tokens are never sent unencrypted to other machines.
        guard let address = URL(string: url), let scheme = address.scheme, let host = address.host() else {
            throw Failure(.usage, "The URL must look like https://www.wixapis.com/….")
        }
        do {
            let port = address.port.map { ":\($0)" } ?? ""
            _ = try IssuerURL("\(scheme)://\(host)\(port)")
        } catch {
            throw Failure(.usage, "The URL must start with https://; http:// is only allowed for this machine.")
        }
        let fields = try header.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw Failure(.usage, "Write a header field as “name: value”.") }
            return (
                name: parts[0].trimmingCharacters(in: .whitespaces),
                value: parts[1].trimmingCharacters(in: .whitespaces)
            )
        }
        let bytes: Data? = if case .bytes(let bytes)? = body { bytes } else { nil }
        return HTTPRequest(method ?? (body == nil ? "GET" : "POST"), address, headers: fields, body: bytes)
    }
}

/// Sends a request whose body may be a file of any size, and streams the response to standard output.
struct StreamedExchange {
    let transport: AnnouncingTransport

    struct Answer {
        var status: Int
        var requestID: String?

        /// Whether the body doesn't end with a newline.
        var isLineOpen = false

        /// The body of a 400 or 401 response, held back because the request may be sent again.
        var heldBody: Data?

        var isAboutExpiredToken: Bool {
            heldBody.map { ExpiredToken.isReported(byStatus: status, body: $0) } ?? false
        }
    }

    /// The largest response that is held back, in bytes.
    private static let heldLimit = 1 << 20

    /// - Parameter body: Replaces the request's own body.
    func send(_ request: HTTPRequest, body: HTTPFileBody?, token: Secret) async throws -> Answer {
        var request = request
        request.headers.removeAll { $0.name.lowercased() == "authorization" }
        request.headers.append(("Authorization", token.reveal()))
        let stream = try await transport.open(request, body: body)
        defer { stream.cancel() }
        var answer = Answer(status: stream.head.status, requestID: stream.head.header("x-wix-request-id"))
        var held = Data()
        var isHolding = [400, 401].contains(answer.status)
        while let piece = try await stream.next() {
            held.append(piece)
            answer.isLineOpen = piece.last.map { $0 != UInt8(ascii: "\n") } ?? answer.isLineOpen
            isHolding = isHolding && held.count <= Self.heldLimit
            guard !isHolding else { continue }
            try StandardOutput.write(held)
            held = Data()
        }
        if isHolding { answer.heldBody = held }
        return answer
    }
}

/// A request body: text, or a file that is streamed.
///
/// Input that can be read only once, such as a pipe, is copied to an unnamed file: it may have to be sent again.
enum RequestBody {
    case bytes(Data)
    case file(HTTPFileBody)

    private static let pieceSize = 1 << 16

    /// - Parameter text: The argument; `@FILE` and `@-` name a source.
    init(_ text: String) throws {
        guard text.hasPrefix("@") else {
            self = .bytes(Data(text.utf8))
            return
        }
        let path = String(text.dropFirst())
        let name = CommandInput.name(path)
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.unreadable(name, .last) }
        let input = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure.unreadable(name, .last) }
        if path != "-", status.st_mode & S_IFMT == S_IFREG {
            self = .file(HTTPFileBody(descriptor: dup(descriptor), byteCount: Int64(status.st_size)))
        } else {
            self = .file(try Self.copy(of: input, named: name))
        }
    }

    private static func copy(of input: FileHandle, named name: String) throws -> HTTPFileBody {
        let folder = FileManager.default.temporaryDirectory
        do {
            let copy = try PrivateFile.makeUnnamed(in: folder)
            var size: Int64 = 0
            while let piece = try CommandInput.reading(name, { try input.read(upToCount: pieceSize) }), !piece.isEmpty {
                guard PrivateFile.write(piece, to: copy.fileDescriptor) else { throw FileError.last }
                size += Int64(piece.count)
            }
            return HTTPFileBody(descriptor: dup(copy.fileDescriptor), byteCount: size)
        } catch let error as FileError {
            throw Failure(
                .cannotCreate,
                """
                The body can't be buffered in \(InputRedactor.quoted(folder.path)): \(error.reason). Set TMPDIR to a \
                writable folder, or pass the body as a file (-d @FILE).
                """)
        }
    }
}
