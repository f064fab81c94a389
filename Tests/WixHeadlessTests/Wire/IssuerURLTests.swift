import Foundation
import Testing
import WixHeadless

@Suite struct IssuerURLTests {
    @Test(
        "Endpoints are appended to the URL, with or without a path and trailing slash",
        arguments: [
            ("https://www.wixapis.com", "https://www.wixapis.com/oauth2/token"),
            ("https://example.com/base/", "https://example.com/base/oauth2/token"),
            (" HTTP://localhost:8080 ", "HTTP://localhost:8080/oauth2/token"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/oauth2/token"),
            ("http://127.255.0.9", "http://127.255.0.9/oauth2/token"),
            ("http://[::1]:9", "http://[::1]:9/oauth2/token"),
        ])
    func endpoints(text: String, token: String) throws {
        let url = try IssuerURL(text)
        #expect(url.token.absoluteString == token)
        #expect(url.tokenInfo.absoluteString == token + "-info")
    }

    @Test(
        "URLs that would leak tokens are rejected",
        arguments: [
            "", "x", "www.wixapis.com", "http://www.wixapis.com", "http://127.0.0.1.evil.example", "http://127.0.0.256",
            "http://localhost.evil.example", "http://0127.0.0.1", "ftp://127.0.0.1", "file:///etc/passwd",
            "https://user@example.com", "https://u:p@example.com", "https://example.com?x=1", "https://example.com#x",
            "https://", "https://example.com:99999", "http://[::2]", "http://128.0.0.1", "http://127.1",
        ])
    func rejected(text: String) {
        #expect(throws: IssuerURLError.self) { try IssuerURL(text) }
    }

    @Test("The error for plain http names https")
    func explanation() {
        let error = #expect(throws: IssuerURLError.self) { try IssuerURL("http://example.com") }
        #expect(error?.description.contains("https://") == true)
    }
}
