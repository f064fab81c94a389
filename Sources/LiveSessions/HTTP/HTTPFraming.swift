import CSystem

/// Finds the messages in one direction of an HTTP/1.1 connection (RFC 9112) without changing a byte.
///
/// Does no I/O. Input that it can't parse makes it opaque: it reports nothing more, and the bytes pass unchanged.
struct HTTPFraming: Sendable {
    /// The start line and fields of a message.
    struct Head: Hashable, Sendable {
        var start: String

        /// Names in lower case.
        var fields: [(name: String, value: String)]

        func value(_ name: String) -> String? {
            fields.first { $0.name == name }?.value
        }

        static func == (left: Head, right: Head) -> Bool {
            left.start == right.start && left.fields.elementsEqual(right.fields) { $0 == $1 }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(start) }
    }

    enum Event: Hashable, Sendable {
        case head(Head)
        case body([UInt8])
        case end
    }

    /// How the length of a message's body is determined (RFC 9112, section 6.3).
    enum Body: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
        case untilClose
        /// An upgraded connection, or a tunnel.
        case opaque
    }

    private enum State {
        case head
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case untilClose
        case opaque
    }

    /// The size limit of heads and lines, in bytes. Longer ones make it opaque.
    private static let limit = 64 << 10

    private var state = State.head
    private var line: [UInt8] = []
    private var lines: [String] = []
    private var size = 0

    var isOpaque: Bool {
        if case .opaque = state { true } else { false }
    }

    /// Parses `bytes` and reports what it found.
    ///
    /// - Parameter body: Called with each head, to decide how its body is framed.
    mutating func feed(_ bytes: ArraySlice<UInt8>, body: (Head) -> Body, report: (Event) -> Void) {
        var rest = bytes
        while !rest.isEmpty { take(&rest, body: body, report: report) }
    }

    /// Parses the beginning of `bytes`, up to the end of a line or a body, and removes it.
    mutating func take(_ bytes: inout ArraySlice<UInt8>, body: (Head) -> Body, report: (Event) -> Void) {
        switch state {
        case .opaque: bytes = []
        case .untilClose:
            report(.body(Array(bytes)))
            bytes = []
        case .length(let count), .chunk(let count):
            let part = bytes.prefix(count)
            report(.body(Array(part)))
            bytes = bytes.dropFirst(part.count)
            let isChunk = if case .chunk = state { true } else { false }
            if part.count < count {
                state = isChunk ? .chunk(count - part.count) : .length(count - part.count)
            } else if isChunk {
                state = .chunkEnd
            } else {
                finish(report)
            }
        case .head, .chunkSize, .chunkEnd, .trailers:
            guard let text = takeLine(&bytes) else { return }
            handle(text, body, report)
        }
    }

    /// Call it when the stream has ended. Returns whether that was in the middle of a message.
    mutating func close(report: (Event) -> Void) -> Bool {
        switch state {
        case .opaque: return false
        case .untilClose:
            finish(report)
            return false
        case .head: return !line.isEmpty || !lines.isEmpty
        default: return true
        }
    }

    private mutating func finish(_ report: (Event) -> Void) {
        state = .head
        report(.end)
    }

    /// The next line without its end, once it is complete.
    private mutating func takeLine(_ rest: inout ArraySlice<UInt8>) -> String? {
        let part = rest.prefix { $0 != UInt8(ascii: "\n") }
        line += part
        size += part.count
        rest = rest.dropFirst(part.count)
        guard size <= Self.limit else {
            state = .opaque
            return nil
        }
        guard !rest.isEmpty else { return nil }
        rest = rest.dropFirst()
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { line = [] }
        return String(decoding: line, as: UTF8.self)
    }

    private mutating func handle(_ text: String, _ body: (Head) -> Body, _ report: (Event) -> Void) {
        switch state {
        case .chunkSize:
            size = 0
            let digits = text.prefix { $0 != ";" }.trimmed
            guard !digits.isEmpty, digits.count <= 15, let count = Int(digits, radix: 16), count >= 0 else {
                state = .opaque
                return
            }
            state = count == 0 ? .trailers : .chunk(count)
        case .chunkEnd:
            size = 0
            state = text.isEmpty ? .chunkSize : .opaque
        case .trailers:
            guard text.isEmpty else { return }
            size = 0
            finish(report)
        default:
            if text.isEmpty, lines.isEmpty { return }
            guard text.isEmpty else {
                lines.append(text)
                return
            }
            begin(body, report)
        }
    }

    /// Reports a complete head, and prepares for its body.
    private mutating func begin(_ body: (Head) -> Body, _ report: (Event) -> Void) {
        let fields = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmed)
        }
        let head = Head(start: lines[0], fields: fields)
        (lines, size) = ([], 0)
        guard head.start.contains("HTTP/1.") else {
            state = .opaque
            return
        }
        report(.head(head))
        switch body(head) {
        case .none, .length(0): finish(report)
        case .length(let count): state = .length(count)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        case .opaque: state = .opaque
        }
    }
}

extension HTTPFraming.Head {
    /// The body that the fields announce. `nil`: they announce none.
    var announcedBody: HTTPFraming.Body? {
        if let coding = value("transfer-encoding")?.lowercased() {
            return coding.split(separator: ",").last?.trimmed == "chunked" ? .chunked : .opaque
        }
        guard let text = value("content-length") else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text) else { return .opaque }
        return .length(count)
    }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return String(text)
    }
}

extension Exchange {
    /// The largest decoded response, in bytes.
    private static let decodedLimit = 256 << 10

    /// The response's body without its content coding (RFC 9110, section 8.4). `nil`: it can't be decoded.
    var decodedResponse: [UInt8]? {
        guard let coding, coding != "identity" else { return responseBody }
        var output = [UInt8](repeating: 0, count: Self.decodedLimit)
        let count = cs_decode(coding, responseBody, responseBody.count, &output, output.count)
        return count < 0 ? nil : Array(output[..<count])
    }
}
