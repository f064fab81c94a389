import Foundation
import Testing

@testable import WixHeadless

/// Finds work that grows faster than its input, which would make a text of a few megabytes hang.
@Suite("Large inputs", .serialized, .timeLimit(.minutes(5))) struct LargeInputTests {
    /// Texts of a size, each of a kind that can be made as large as a file.
    private static let kinds: [(name: String, make: @Sendable (Int) -> String)] = [
        ("a curl command of one word", { "curl '" + String(repeating: "a", count: $0 * 40) + "'" }),
        ("a curl command of many words", { "curl " + String(repeating: "-H 'a: b' ", count: $0) }),
        ("a line", { String(repeating: "a", count: $0 * 40) }),
        ("many lines", { String(repeating: "a b\n", count: $0) }),
        ("many tokens", { (0..<$0).map { "JWS.a.b.\($0)" }.joined(separator: "\n") }),
        ("a cookie header", { "Cookie: " + (0..<$0).map { "c\($0)=v" }.joined(separator: "; ") }),
        ("cookies.txt", { (0..<$0).map { "a\tTRUE\t/\tTRUE\t0\twixRefresh\tJWS.a.b.\($0)\n" }.joined() }),
        ("a JSON list", { "[" + (0..<$0).map { #"{"refreshToken":"JWS.a.b.\#($0)"}"# }.joined(separator: ",") + "]" }),
        ("a list of numbers", { "[" + String(repeating: "1,", count: $0) + "1]" }),
        ("an object of many keys", { "{" + (0..<$0).map { #""k\#($0)":1"# }.joined(separator: ",") + "}" }),
        ("wrapped lines", { String(repeating: String(repeating: "a", count: 76) + "\n", count: $0) }),
        ("wrapped tokens", { String(repeating: "JWS." + String(repeating: "a", count: 72) + "\n", count: $0) }),
        ("a wrapped token", { "JWS.a.b." + String(repeating: String(repeating: "a", count: 72) + "\n", count: $0) }),
        ("cut tokens", { String(repeating: "JWS.a ", count: $0) }),
        ("braces", { String(repeating: "{", count: $0 * 40) }),
        ("unclosed literals", { String(repeating: "{a:'JWS.", count: $0) }),
        ("objects in text", { String(repeating: "x { accessToken: 'JWS.a.b.c' }\n", count: $0) }),
        ("variables", { (0..<$0).map { "A\($0)_REFRESH_TOKEN=JWS.a.b.\($0)\n" }.joined() }),
        ("headers", { "GET / HTTP/1.1\n" + String(repeating: "cookie: wixRefresh=JWS.a.b.c\n", count: $0) }),
        ("storage rows", { (0..<$0).map { "k\($0)\tv\($0)\n" }.joined() }),
        (
            "strings in strings",
            { depth in
                var text = "JWS.a.b.c"
                for _ in 0..<12 { text = JSONValue.object([.init(name: "a", value: .string(text))]).text }
                return "[" + Array(repeating: text, count: max(depth / 500, 1)).joined(separator: ",") + "]"
            }
        ),
        ("chunks", { "Cookie: " + (0..<$0).map { "c.\($0)=v" }.joined(separator: "; ") }),
        ("nesting", { String(repeating: "[", count: $0 * 40) }),
        ("percent-encoding", { "wix-session=" + String(repeating: "%2525", count: $0) }),
        ("quotes", { String(repeating: "\"", count: $0 * 20) }),
        ("escapes", { #"{"refreshToken":""# + String(repeating: "\\u0041", count: $0 * 5) + "\"}" }),
        (
            "a storage state",
            {
                #"{"cookies":["# + (0..<$0).map { #"{"name":"c\#($0)","value":"v"}"# }.joined(separator: ",")
                    + #"],"origins":[]}"#
            }
        ),
        (
            "a HAR file",
            {
                let headers = #"[{"name":"Cookie","value":"wixRefresh=JWS.a.b.c"}]"#
                let entry = #"{"request":{"url":"https://a.example/","headers":\#(headers)}}"#
                return #"{"log":{"entries":["# + Array(repeating: entry, count: $0).joined(separator: ",") + "]}}"
            }
        ),
    ]

    private static func seconds(_ bytes: Data) -> Double {
        // The least of three runs: other load only adds.
        (0..<3).map { _ in
            var (start, end) = (timespec(), timespec())
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
            _ = try? TokenDiscovery.read(bytes, now: Samples.now)
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
            return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
        }.min() ?? 0
    }

    @Test("Eight times the input takes a small multiple of eight times the work", arguments: kinds.map(\.name))
    func linear(name: String) throws {
        let make = try #require(Self.kinds.first { $0.name == name }?.make)
        let size = 200
        let (small, large) = (Data(make(size).utf8), Data(make(size * 8).utf8))
        let ratio = Self.seconds(large) / max(Self.seconds(small), 0.000_5)
        // Quadratic work would be 64 times as much.
        #expect(ratio < 24, "\(name): \(ratio) times the work")
    }

    @Test("Long lists take no memory for their elements")
    func memory() throws {
        let text = #"{"log":{"entries":["# + String(repeating: "[],", count: 500_000) + "[]]}}"
        let found = try TokenDiscovery.read(Data(text.utf8), now: Samples.now)
        #expect(found.container == "HAR file" && found.findings.isEmpty)
    }

    @Test("Lines end with LF, CR LF or CR")
    func lines() {
        #expect(Array(TextLines("a\nb\r\n\r\nc\rd")) == ["a", "b", "", "c", "d"])
        #expect(Array(TextLines("a\n")) == ["a", ""])
        #expect(Array(TextLines("")) == [""])
    }
}
