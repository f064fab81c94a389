import Foundation
import VisitorSessions
import WixHeadless

/// What happens to a token on its way to the server.
enum TokenRule: Hashable, Sendable {
    case pass
    case replace(with: Secret)
    case refuse(Refusal)
}

/// Why a request is refused: the text of the response.
enum Refusal: String, Hashable, Sendable {
    case discarded = "The session was discarded."
    case noToken = "The session whose tokens replace this one's has no valid token."
}

/// A token in a request, and what it is used for.
struct UsedToken: Hashable, Sendable {
    enum Use: Hashable, Sendable {
        /// An access token in `Authorization`.
        case call
        /// The refresh token of a token request.
        case renewal
    }

    var value: Secret
    var use: Use
}

/// Replaces tokens in the requests of one connection, or refuses requests, by a rule for each token.
///
/// Does no I/O. Everything else passes unchanged, byte for byte, and so does a request that waits for `100 Continue`
/// before it sends its body.
struct RequestRewriter: Sendable {
    /// What to do with the oldest bytes that haven't been handled yet.
    enum Step: Hashable, Sendable {
        /// Pass them on.
        case pass([UInt8])
        /// Pass on other bytes in their place, without the application's token.
        case substitute([UInt8], for: [UInt8], token: UsedToken)
        /// Drop them and respond, once the responses to earlier requests are complete.
        case refuse([UInt8], response: [UInt8])
        /// Discard the bytes: they are the rest of a refused request.
        case drop([UInt8])
        /// Wait: the rule for this token isn't known yet.
        case wait(UsedToken)
    }

    private enum Piece: Sendable {
        /// A head, and the body if it is a token request's.
        case start(Request)
        case rest([UInt8])
    }

    /// The size limit of token requests' bodies, in bytes. Longer ones aren't read.
    private static let bodyLimit = 64 << 10

    private var framing = HTTPFraming()
    private var pieces: [Piece] = []

    /// The bytes of a head, or of a token request, that isn't complete.
    private var held: [UInt8] = []

    /// The token request whose body is being read.
    private var collected: Request?
    private var isInBody = false
    private var isRefusing = false

    /// How many bytes wait for a rule or for more bytes.
    var pendingCount: Int {
        pieces.reduce(held.count) { count, piece in
            switch piece {
            case .start(let request): count + request.head.count + request.body.count
            case .rest(let bytes): count + bytes.count
            }
        }
    }

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let before = rest
            var events: [HTTPFraming.Event] = []
            framing.take(&rest, body: ExchangeTracker.requestBody) { events.append($0) }
            held += before.prefix(before.count - rest.count)
            for event in events { note(event) }
            if framing.isOpaque || (isInBody && collected == nil) { release() }
        }
    }

    /// Call it when the application has sent everything. Incomplete requests pass unchanged.
    mutating func close() {
        release()
    }

    /// - Parameter rule: Returns the rule for a token, or `nil` if it isn't known yet.
    mutating func next(_ rule: (UsedToken) -> TokenRule?) -> Step? {
        guard let piece = pieces.first else { return nil }
        let step =
            switch piece {
            case .rest(let bytes): isRefusing ? Step.drop(bytes) : .pass(bytes)
            case .start(let request): request.step(rule)
            }
        if case .wait = step { return step }
        if case .start = piece { isRefusing = if case .refuse = step { true } else { false } }
        pieces.removeFirst()
        return step
    }

    private mutating func note(_ event: HTTPFraming.Event) {
        switch event {
        case .head(let head):
            isInBody = true
            let request = Request(head: held, fields: head)
            held = []
            if request.isTokenRequest { collected = request } else { pieces.append(.start(request)) }
        case .body(let bytes):
            collected?.content += bytes
            if let request = collected, request.content.count > Self.bodyLimit { giveUp(request) }
        case .end:
            isInBody = false
            guard var request = collected else { return release() }
            request.body = held
            pieces.append(.start(request))
            (collected, held) = (nil, [])
        }
    }

    /// Stops collecting a token request, which then passes with its refresh token unread.
    private mutating func giveUp(_ request: Request) {
        var request = request
        request.content = []
        pieces.append(.start(request))
        collected = nil
    }

    private mutating func release() {
        if let request = collected { giveUp(request) }
        if !held.isEmpty { pieces.append(.rest(held)) }
        held = []
    }
}

extension RequestRewriter {
    /// A request's head and, for a token request, its body.
    struct Request: Sendable {
        /// As sent, with the empty line.
        var head: [UInt8]

        /// The body as sent, and then its content without framing.
        var body: [UInt8] = []
        var content: [UInt8] = []
        let isTokenRequest: Bool
        private let accessToken: Secret?

        init(head: [UInt8], fields: HTTPFraming.Head) {
            self.head = head
            let words = fields.start.split(separator: " ")
            let isWaiting = fields.value("expect") != nil
            isTokenRequest =
                !isWaiting && words.count > 1 && Exchange.isTokenRequest(String(words[0]), target: String(words[1]))
            accessToken = isWaiting ? nil : fields.value("authorization").flatMap(ExchangeTracker.token)
        }

        private var refreshToken: Secret? { ObservedTokenRequest(body: content)?.refreshToken?.value }

        fileprivate func step(_ rule: (UsedToken) -> TokenRule?) -> Step {
            let refreshToken = isTokenRequest ? refreshToken : nil
            let tokens = [
                refreshToken.map { UsedToken(value: $0, use: .renewal) },
                accessToken.map { UsedToken(value: $0, use: .call) },
            ].compactMap(\.self)
            var new = self
            var replaced: UsedToken?
            for token in tokens {
                switch rule(token) {
                case nil: return .wait(token)
                case .pass: continue
                case .refuse(let reason): return .refuse(head + body, response: Self.response(to: token.use, reason))
                case .replace(let value):
                    new.replace(token, with: value)
                    replaced = replaced ?? token
                }
            }
            guard let replaced else { return .pass(head + body) }
            return .substitute(new.head + new.body, for: head + body, token: replaced)
        }

        private mutating func replace(_ token: UsedToken, with value: Secret) {
            switch token.use {
            case .call:
                changeFields { name, line in
                    name == "authorization" ? Self.line(line, replacing: token.value, with: value) : line
                }
            case .renewal:
                content = ObservedTokenRequest.body(content, replacingRefreshTokenWith: value)
                body = content
                changeFields { name, line in
                    ["content-length", "transfer-encoding", "trailer"].contains(name) ? [] : line
                }
                let end = Array("Content-Length: \(body.count)\r\n\r\n".utf8)
                head = head.dropLast(head.hasSuffix("\r\n") ? 2 : 1) + end
            }
        }

        /// Replaces each field's line with what `change` returns for the lowercase name and the line, line ending
        /// included.
        private mutating func changeFields(_ change: (String, [UInt8]) -> [UInt8]) {
            var lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            let start = lines.firstIndex { !$0.isEmpty && $0 != [UInt8(ascii: "\r")] } ?? 0
            let first = lines[...start].flatMap { $0 + [UInt8(ascii: "\n")] }
            lines = lines[(start + 1)...]
            head =
                first
                + lines.flatMap { line in
                    let name = String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
                    return change(name.lowercased(), line + [UInt8(ascii: "\n")])
                }
        }

        private static func line(_ line: [UInt8], replacing token: Secret, with value: Secret) -> [UInt8] {
            let text = String(decoding: line, as: UTF8.self)
            guard let found = text.range(of: token.reveal(), options: .backwards) else { return line }
            return Array(text.replacingCharacters(in: found, with: value.reveal()).utf8)
        }

        /// The issuer's response to a token that it doesn't accept.
        private static func response(to use: UsedToken.Use, _ reason: Refusal) -> [UInt8] {
            let (status, body) =
                switch use {
                case .call: ("401 Unauthorized", #"{"message":"\#(reason.rawValue)"}"#)
                case .renewal:
                    (
                        "400 Bad Request",
                        #"{"error":"invalid_grant","error_description":"\#(reason.rawValue)"}"#
                    )
                }
            return Array(
                "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    .utf8)
        }
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
