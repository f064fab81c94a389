import Testing

@testable import VisitorSessions

@Suite("What was typed, in messages")
struct QuotationTests {
    @Test("A quotation holds nothing that a terminal might obey or hide")
    func invisible() {
        #expect(Quotation.of("a\u{1B}[31mb\u{115F}c\u{600}d\u{202E}e\u{200B}") == "“a�[31mb�c�d�e�”")
        #expect(Quotation.of("Größe 购物车") == "“Größe 购物车”")
    }

    @Test(
        "A word of a token's form is no part of a message",
        arguments: ["JWS.abcdefgh.ij", "OauthNG.JWS.abc", "eyJhbGciOiJub25lIn0", String(repeating: "a1", count: 21)])
    func tokens(token: String) {
        #expect(Quotation.of(token) == "“…”")
        #expect(Quotation.withoutTokens("no \(token) here") == "no … here")
        #expect(Quotation.possibleTokens(in: "{\"value\":\"\(token)\"}") == [token])
    }

    @Test("Names and IDs are none", arguments: ["eyewear", "de000000-0000-4000-8000-000000000001", "state:discarded"])
    func names(name: String) {
        #expect(!Quotation.mayHoldToken(name) && Quotation.of(name) == "“\(name)”")
    }
}
