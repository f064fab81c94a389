import Foundation
import TestProcesses
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

/// Looks for an answer of an issuer that ends the process, or that is waited for beyond the deadline:
/// `answer-fuzz [seconds] [seed]`.
///
/// Each round takes a well-formed answer, damages it, serves it on loopback, and closes the connection or leaves it open.
@main
enum AnswerFuzz {
    private static let deadline = Duration.milliseconds(500)

    /// How much later than the deadline an outcome may come on a busy machine.
    private static let slack = Duration.seconds(5)

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let seconds = arguments.first ?? 60
        let seed = arguments.count > 1 ? arguments[1] : UInt64.random(in: 0 ... .max)
        print("answer-fuzz: \(seconds) s from seed \(seed)")
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Int64(seconds))
        let transport = CurlTransport(timeout: deadline)
        var (round, successes): (UInt64, Int) = (0, 0)
        while clock.now < end {
            // A crash is found again with the last seed that was printed.
            if round % 5000 == 0 { print("answer-fuzz: seed \(seed &+ round)") }
            var random = SplitMix(state: seed &+ round)
            let bytes = answer(using: &random)
            let server = try CannedServer(
                bytes: bytes, ending: UInt8.random(in: 0..<10, using: &random) == 0 ? .stays : .closes)
            let issuer = WixTokenIssuer(url: try IssuerURL("http://127.0.0.1:\(server.port)"), transport: transport)
            let start = clock.now
            do throws(IssuerError) {
                _ = try await issuer.renew(RefreshToken(Secret("JWS.a.b.c")), clientID: "client")
                successes += 1
            } catch {
                let isClean = error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                guard isClean else { fail(seed &+ round, "the message has control characters", bytes) }
            }
            guard clock.now - start < deadline + slack else { fail(seed &+ round, "it was waited for too long", bytes) }
            round += 1
        }
        print("answer-fuzz: \(round) answers, \(successes) of them successes, no finding")
    }

    private static func fail(_ seed: UInt64, _ reason: String, _ bytes: Data) -> Never {
        print("seed \(seed): \(reason)\n\(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
        exit(1)
    }

    // MARK: Answers

    private static let pair = #"{"access_token":"a.b.c","token_type":"Bearer","expires_in":14400,"refresh_token":"r"}"#

    private static let wellFormed: [String] = [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(pair.utf8.count)\r\n\r\n\(pair)",
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "\(String(pair.utf8.count, radix: 16))\r\n\(pair)\r\n0\r\nX-Trailer: a\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\(pair)",
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"a\"\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 429 Slow\r\nRetry-After: 5\r\nx-wix-request-id: a\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 400 Bad\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}",
    ]

    private static let fragments = [
        "\r\n", "\n", "\r", " ", ":", ";", ",", "\0", "\u{1B}]52;c;x\u{7}", "HTTP/1.1 ", "HTTP/9.9 ",
        "Content-Length: 5\r\n",
        "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n",
        "Content-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n", "ffffffffffffffff\r\n", "0\r\n\r\n",
        "Set-Cookie: a=b\r\n", "Connection: close\r\n", "Location: file:///etc/passwd\r\n", "é", "\u{202E}",
        "Date: Sun, 06 Nov 92233720368547758 08:49:37 GMT\r\n", "Retry-After: 1e999\r\n", "{", "}", "[[[[[[", "\"",
    ]

    private static func answer(using random: inout SplitMix) -> Data {
        var bytes = Array((wellFormed.randomElement(using: &random) ?? "").utf8)
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let length = Int.random(in: 0...min(bytes.count - place, 40), using: &random)
            let range = place..<place + length
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes = Array(bytes.prefix(place))
            case 1: bytes.removeSubrange(range)
            case 2: bytes.insert(contentsOf: bytes[range], at: place)
            case 3: bytes.insert(contentsOf: (fragments.randomElement(using: &random) ?? "").utf8, at: place)
            case 4: for index in range { bytes[index] = .random(in: .min ... .max, using: &random) }
            default:
                let byte = bytes.indices.contains(place) ? bytes[place] : 0x61
                bytes.insert(
                    contentsOf: repeatElement(byte, count: .random(in: 1...100_000, using: &random)), at: place)
            }
        }
        return Data(bytes)
    }
}
