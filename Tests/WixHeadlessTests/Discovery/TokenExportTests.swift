import Foundation
import Testing
import VisitorSessions
import WixHeadless

@Suite("Text for shells")
struct TokenExportTests {
    /// What a real shell prints for a script.
    private func printed(_ script: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test("Whatever a word holds, a shell takes it as one word and expands nothing in it")
    func words() throws {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "'", "\"", "\\", "$(echo x)", "`echo x`", "$HOME", "\n", " ", "*", "~", "!", ";", "#", "ö", "\u{1B}", "-n",
            "a",
        ]
        var words = ["", "'", "''", "\\'", "'\\''", "\n", "-n", "$(touch x)"]
        for _ in 0..<300 {
            words.append(
                (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in pieces.randomElement() }.joined())
        }
        let script = "printf '%s\\0' " + words.map(TokenExport.shellWord).joined(separator: " ")
        #expect(
            try printed(script).split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
                == words)
    }

    private func opened(_ token: String) -> OpenedSession {
        let tokens = Tokens(
            accessToken: AccessToken(Secret(token), expiresAt: nil),
            refreshToken: RefreshToken(Secret(token), role: .visitor))
        return OpenedSession(VisitorSession(clientID: "it's", tokens: tokens, at: Date()), tokens: tokens)
    }

    private static let hostile = ["it's; echo run; '", "a\"b\\c$(echo run)`echo run`", "EOF", "plain"]

    @Test("The copied curl command gives curl the token by standard input alone", arguments: hostile)
    func curl(token: String) throws {
        // A function: a new program can't be executed while another test's child still has it open for writing.
        let curl = "curl() { printf '<%s>' \"$@\"; cat; }\n"
        let command = try #require(TokenExport.curlCommand.text(of: opened(token), now: Date())).reveal()
        let escaped = token.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let said = try printed(curl + command)
        #expect(said == "<-K><-><https://www.wixapis.com/>header = \"Authorization: \(escaped)\"\n")
    }

    @Test("The curl command sends the token to the issuer that granted it, or to a given address")
    func issuer() throws {
        var session = opened("token")
        session.session.issuer = "http://127.0.0.1:8787"
        let command = try #require(TokenExport.curlCommand.text(of: session, now: Date())).reveal()
        #expect(command.hasPrefix("curl -K - 'http://127.0.0.1:8787/' <<"))
        let probe = try #require(URL(string: "http://127.0.0.1:8787/api/probe"))
        let other = try #require(TokenExport.curlCommand.text(of: session, now: Date(), url: probe)).reveal()
        #expect(other.hasPrefix("curl -K - 'http://127.0.0.1:8787/api/probe' <<"))
    }

    @Test("The exported variables are what they are after a shell has read them", arguments: hostile)
    func variables(token: String) throws {
        let session = opened(token)
        let text = try #require(TokenExport.env.text(of: session, now: Date())).reveal()
        #expect(try printed("\(text)\nprintf '%s' \"$WIX_CLIENT_ID|$WIX_ACCESS_TOKEN\"") == "it's|\(token)")
    }
}
