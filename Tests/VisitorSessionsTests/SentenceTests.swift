import Testing
import VisitorSessions

@Suite struct SentenceTests {
    @Test(
        "Every error message is a complete sentence",
        arguments: [
            (
                "The issuer responded with status 400: it is invalid",
                "The issuer responded with status 400: it is invalid."
            ),
            ("It failed.", "It failed."), ("Really?", "Really?"), ("lorem …", "lorem …"),
            ("He said “no.”", "He said “no.”"),
            ("(again)", "(again)."), ("It says: ", "It says."), ("x,\n", "x."), ("", ""),
        ])
    func sentences(said: String, sentence: String) {
        #expect(IssuerError(.transient, said).message == sentence)
        #expect(SessionError(.transient, said).message == sentence)
        #expect(StoreError(.unavailable, said).message == sentence)
    }
}
