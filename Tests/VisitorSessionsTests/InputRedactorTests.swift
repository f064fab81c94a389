import Testing

@testable import VisitorSessions

@Suite("Quoting input in messages")
struct InputRedactorTests {
    @Test("Quoted input contains nothing that a terminal obeys or hides")
    func invisible() {
        #expect(InputRedactor.quoted("a\u{1B}[31mb\u{115F}c\u{600}d\u{202E}e\u{200B}") == "“a�[31mb�c�d�e�”")
        #expect(InputRedactor.quoted("Größe 购物车") == "“Größe 购物车”")
    }

    @Test(
        "Words that look like tokens are removed from messages",
        arguments: ["JWS.abcdefgh.ij", "OauthNG.JWS.abc", "eyJhbGciOiJub25lIn0", String(repeating: "a1", count: 21)])
    func tokens(token: String) {
        #expect(InputRedactor.quoted(token) == "“…”")
        #expect(InputRedactor.withoutTokens("no \(token) here") == "no … here")
        #expect(InputRedactor.possibleTokens(in: "{\"value\":\"\(token)\"}") == [token])
    }

    @Test(
        "Names and IDs aren't tokens",
        arguments: ["eyewear", "de000000-0000-4000-8000-000000000001", "state:discarded"])
    func names(name: String) {
        #expect(!InputRedactor.mayContainToken(name) && InputRedactor.quoted(name) == "“\(name)”")
    }

    @Test("A long path is shown, but not a token in it")
    func paths() {
        let path = "/home/ada/projects/shop/exports/from-production/sessions-of-monday.json"
        #expect(InputRedactor.quotedPath(path) == "“\(path)”")
        #expect(InputRedactor.quotedPath("/tmp/JWS.aaaa.bbbb.cccc/x") == "“/tmp/…/x”")
        #expect(InputRedactor.quotedPath(String(repeating: "a1", count: 40)) == "“…”")
    }
}
