import Foundation
import Testing
import VisitorSessions

@testable import WixHeadless

struct CurlCommandTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    @Test(
        "The token of a curl command is found, however the command is quoted",
        arguments: [
            "curl -H 'Authorization: OauthNG.JWS.a.b.c' https://www.wixapis.com/",
            "curl 'https://www.wixapis.com/a' \\\n  -H 'accept: */*' \\\n  -H 'authorization: OauthNG.JWS.a.b.c' \\\n  --compressed",
            "curl --header \"Authorization: Bearer OauthNG.JWS.a.b.c\" https://example.com/",
            "curl https://example.com/ -b 'x=1; y={}' -H 'Authorization: OauthNG.JWS.a.b.c'",
            "curl -K - 'https://example.com/' <<'EOF'\nheader = \"Authorization: OauthNG.JWS.a.b.c\"\nEOF",
        ])
    func header(command: String) throws {
        let found = try TokenDiscovery.read(Data(command.utf8), now: Self.now)
        #expect(found.container == CurlCommand.name && found.problems.isEmpty)
        #expect(found.findings.compactMap(\.read.tokens.accessToken?.value) == [Secret("OauthNG.JWS.a.b.c")])
    }

    @Test("A command is split into words as a shell does")
    func words() {
        let text = "curl 'a b' \"c\\\"d\" e\\ f \\\n -H ''\\''x'  \t\"ä\"é '' \\\r\n z"
        #expect(ShellWords.split(text) == ["curl", "a b", "c\"d", "e f", "-H", "'x", "äé", "", "z"])
        #expect(ShellWords.split("a \\\n b \"\"  ''c") == ["a", "b", "", "c"])
    }

    @Test(
        "A curl command without a token is reported without quoting it",
        arguments: ["curl https://example.com/?secret", "curl -H", "curl 'x"])
    func nothing(command: String) throws {
        let error = #expect(throws: UnreadableTokens.self) {
            try TokenDiscovery.read(Data(command.utf8), now: Self.now).single()
        }
        #expect(error?.description.contains("secret") == false)
    }
}
