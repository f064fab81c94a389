import Testing

@testable import WixHeadless

@Suite struct JSONReaderTests {
    private func read(_ text: String) -> JSONValue? { try? JSONReader.read(text.utf8) }

    @Test(
        "JSON is read exactly and written back on one line",
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
        "Text that isn't JSON is refused",
        arguments: [
            "", " ", "{", "[", "[1,]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "01", "1.", ".5", "-", "1e", "+1",
            "NaN",
            "tru", "nulll", "\"", "\"\\\"", "\"\\u12\"", "\"\\u+123\"", "\"\\x\"", "\"\n\"", "1 2", "{a:1}", "'a'",
        ])
    func invalid(text: String) {
        #expect(read(text) == nil)
    }

    @Test("The last of several members with one name counts")
    func lastWins() {
        #expect(read(#"{"a":1,"a":2}"#)?["a"] == .number("2"))
    }

    @Test("Long lists are left out and read one element at a time")
    func outline() throws {
        let text = #"{"log":{"entries":[{"a":1},{"a":[2,3]} , null],"pages":[7]},"cookies":[]}"#
        let outline = try JSONReader.outline(text.utf8, leavingOut: ["log.entries", "cookies", "origins"])
        #expect(outline.value.text == #"{"log":{"entries":[],"pages":[7]},"cookies":[]}"#)
        #expect(outline.elements("log.entries").map(\.value.text) == [#"{"a":1}"#, #"{"a":[2,3]}"#, "null"])
        #expect(outline.has("cookies") && outline.elements("cookies").map(\.value).isEmpty)
        #expect(!outline.has("origins") && outline.elements("origins").map(\.value).isEmpty)
        let list = try JSONReader.outline("[1,[2],\"x\"]".utf8, leavingOut: [""])
        #expect(list.elements("").map(\.value.text) == ["1", "[2]", "\"x\""])
        #expect(throws: JSONFault.self) { try JSONReader.outline("[1,[2]".utf8, leavingOut: [""]) }
    }

    @Test("Too many values are refused, in a document and in one element of a list")
    func valueLimit() throws {
        let many = "[" + String(repeating: "1,", count: JSONReader.valueLimit) + "1]"
        let error = #expect(throws: JSONFault.self) { try JSONReader.read(many.utf8) }
        #expect(error?.reason.contains("values") == true)
        let outline = try JSONReader.outline("[\(many),2]".utf8, leavingOut: [""])
        let elements = outline.elements("").map { ($0.value, $0.fault?.reason.contains("values") ?? false) }
        #expect(elements.map(\.0) == [.null, .number("2")] && elements.map(\.1) == [true, false])
        // What is left out is not counted.
        #expect(try JSONReader.outline(many.utf8, leavingOut: [""]).has(""))
    }

    @Test("Only finite numbers are numbers")
    func numbers() {
        #expect(read("1e400")?.double == nil)
        #expect(read("\"1e3\"")?.double == 1000)
        #expect(read("\"0x10\"")?.double == nil)
        #expect(read("\" 1\"")?.double == nil)
        #expect(["1e300", "-1e300", "9223372036854775808", "1e400"].map { read($0)?.int } == [nil, nil, nil, nil])
        #expect(["-1.9", "\"80\""].map { read($0)?.int } == [-1, 80])
    }
}
