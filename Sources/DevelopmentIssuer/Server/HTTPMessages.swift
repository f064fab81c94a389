import Foundation

/// A request's method, target and headers (RFC 9112, sections 3 and 5).
struct HTTPRequestHead {
    enum Framing {
        case length(Int)
        case chunked
    }

    let method: String

    /// Without the query.
    let path: String

    /// By lowercase name.
    let headers: [String: String]
    let framing: Framing
    let isKeptAlive: Bool

    private static let headerLimit = 100

    init(_ bytes: Data) throws(HTTPViolation) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[1].hasPrefix("/") || words[1] == "*",
            ["HTTP/1.1", "HTTP/1.0"].contains(words[2])
        else { throw .malformed }
        guard lines.count <= Self.headerLimit + 1 else { throw .tooLargeHead }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, line.first?.isWhitespace == false
            else { throw .malformed }
            let name = line[..<colon].lowercased()
            // Repeating one of these makes a request ambiguous (request smuggling).
            guard headers[name] == nil || !["content-length", "host", "transfer-encoding"].contains(name) else {
                throw .malformed
            }
            headers[name] = headers[name] ?? line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        method = String(words[0])
        path = String(words[1].prefix { $0 != "?" })
        self.headers = headers
        let connection = headers["connection"]?.lowercased()
        isKeptAlive = words[2] == "HTTP/1.1" ? connection != "close" : connection == "keep-alive"
        switch (headers["transfer-encoding"]?.lowercased(), headers["content-length"]) {
        case (nil, nil): framing = .length(0)
        case ("chunked", nil): framing = .chunked
        case (nil, let length?):
            guard length.utf8.count <= 10, length.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(length)
            else { throw .malformed }
            framing = .length(count)
        default: throw .malformed
        }
    }

    var expectsContinue: Bool { headers["expect"]?.lowercased() == "100-continue" }

    /// The web page that sent the request.
    var origin: String? { headers["origin"] }

    /// Why the request is rejected: its host isn't this machine (as after DNS rebinding), or it comes from a remote
    /// page.
    ///
    /// - Parameter other: A host that the issuer stands in for.
    func refusal(exceptFor other: String?) -> IssuerResponse? {
        guard let host = headers["host"], host == other || Self.isLoopback(host) else {
            return .failure(421, "The development issuer only responds to localhost, 127.0.0.1 and [::1].")
        }
        guard let origin else { return nil }
        let isLocal = ["http://", "https://"].contains {
            origin.hasPrefix($0) && Self.isLoopback(origin.dropFirst($0.count))
        }
        return isLocal ? nil : .failure(403, "The development issuer only responds to pages on this machine.")
    }

    /// The response to a CORS preflight request (Fetch Standard). `nil`: it isn't one.
    var preflight: HTTPResponse? {
        guard method == "OPTIONS", let origin, headers["access-control-request-method"] != nil else { return nil }
        var response = HTTPResponse(IssuerResponse(204, headers: [:]), isLast: !isKeptAlive)
        response.origin = origin
        response.hasBody = false
        response.extra = [
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "Authorization, Content-Type",
            "Access-Control-Max-Age": "600",
        ]
        return response
    }

    /// Whether a host, with or without a port, is this machine.
    private static func isLoopback(_ authority: some StringProtocol) -> Bool {
        let isIPv6 = authority.hasPrefix("[")
        let host = isIPv6 ? authority.prefix { $0 != "]" } + "]" : String(authority.prefix { $0 != ":" })
        let port = authority.dropFirst(host.count)
        guard port.isEmpty || port.first == ":" && UInt16(port.dropFirst()) != nil else { return false }
        if ["localhost", "[::1]"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// A response with its HTTP headers.
struct HTTPResponse {
    let response: IssuerResponse

    /// Whether the connection is closed afterwards.
    let isLast: Bool
    var date = Date()
    var hasBody = true

    /// The page that may read it.
    var origin: String?
    var extra: [String: String] = [:]

    init(_ response: IssuerResponse, isLast: Bool) {
        self.response = response
        self.isLast = isLast
    }

    var bytes: Data {
        var fields = response.headers.merging(extra) { own, _ in own }
        fields["Date"] = Self.dateStyle.format(date)
        fields["x-wix-request-id"] =
            "\(Int(date.timeIntervalSince1970)).\(UInt64.random(in: 1_000_000_000...(.max)))"
        if response.status != 204 { fields["Content-Length"] = "\(response.body.count)" }
        if isLast { fields["Connection"] = "close" }
        if let origin {
            fields["Access-Control-Allow-Origin"] = origin
            fields["Access-Control-Expose-Headers"] = "Date, Retry-After, x-wix-request-id"
            fields["Vary"] = "Origin"
        }
        let lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        let head = "HTTP/1.1 \(response.status) \(Self.phrase(response.status))\r\n\(lines)\r\n"
        return Data(head.utf8) + (hasBody ? response.body : Data())
    }

    /// `Tue, 07 May 2024 12:00:00 GMT` (RFC 9110, section 5.6.7), in any locale.
    private static let dateStyle = Date.VerbatimFormatStyle(
        format: """
            \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\
            \(second: .twoDigits) GMT
            """,
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        default: "Status"
        }
    }
}
