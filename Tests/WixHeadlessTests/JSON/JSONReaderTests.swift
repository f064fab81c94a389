import Testing

@testable import WixHeadless

@Suite struct JSONReaderTests {
    private func read(_ text: String) -> JSONValue? { try? JSONReader.read(text.utf8) }

    @Test(
        "JSON is read to the letter, and written back in one line",
        arguments: [
            ("null", "null"), (" [ true , false ] ", "[true,false]"), ("{}", "{}"), ("[]", "[]"),
            ("-0.5e+10", "-0.5e+10"),
            (#"{"b":1,"a":{"c":[]}}"#, #"{"b":1,"a":{"c":[]}}"#), (#""\u00e4\ud83d\ude42\/\b""#, "\"ä🙂/\\u0008\""),
            (#""\ud83dx""#, "\"\u{FFFD}x\""), (#""\ud83d\u0041""#, "\"\u{FFFD}A\""),
            (#"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#),
        ])
    func valid(text: String, written: String) {
        #expect(read(text)?.text == written)
    }

    @Test(
        "What is no JSON is none",
        arguments: [
            "", " ", "{", "[", "[1,]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "01", "1.", ".5", "-", "1e", "+1",
            "NaN",
            "tru", "nulll", "\"", "\"\\\"", "\"\\u12\"", "\"\\u+123\"", "\"\\x\"", "\"\n\"", "1 2", "{a:1}", "'a'",
        ])
    func invalid(text: String) {
        #expect(read(text) == nil)
    }

    @Test("Of several members of one name the last one counts")
    func lastWins() {
        #expect(read(#"{"a":1,"a":2}"#)?["a"] == .number("2"))
    }

    @Test("Only finite numbers are numbers")
    func numbers() {
        #expect(read("1e400")?.double == nil)
        #expect(read("\"1e3\"")?.double == 1000)
        #expect(read("\"0x10\"")?.double == nil)
        #expect(read("\" 1\"")?.double == nil)
    }
}
