import Foundation
import TestProcesses
import Testing

/// Requests with the JavaScript SDK's bodies, sent by curl.
@Suite("The JavaScript SDK's requests to serve", .timeLimit(.minutes(2)))
struct SDKCallsTests {
    private static let id = Sandbox.clientID

    /// The content type, the body for a new visitor, and the body for a renewal with `TOKEN` in it.
    private static let spellings = [
        (
            "application/json", #"{"clientId":"\#(id)","grantType":"anonymous"}"#,
            #"{"clientId":"\#(id)","refreshToken":"TOKEN","grantType":"refresh_token"}"#
        ),
        (
            "application/json; charset=utf-8", #"{"client_id":"\#(id)","grant_type":"anonymous"}"#,
            #"{"refreshToken":"TOKEN","grantType":"refresh_token"}"#
        ),
        (
            "application/x-www-form-urlencoded", "clientId=\(id)&grantType=anonymous",
            "clientId=\(id)&refreshToken=TOKEN&grantType=refresh_token"
        ),
        (
            "application/x-www-form-urlencoded", "client_id=\(id)&grant_type=anonymous",
            "client_id=\(id)&refresh_token=TOKEN&grant_type=refresh_token"
        ),
    ]

    private func post(_ sandbox: Sandbox, _ url: String, _ type: String, _ body: String) async throws -> (
        status: Int, body: [String: Any]
    ) {
        let file = sandbox.scratchFile()
        defer { unlink(file) }
        let curl = try ChildProcess(
            [
                "curl", "-s", "-w", "\n%{http_code}", "-H", "Content-Type: \(type)", "-H",
                "x-wix-bi-gateway: environment=js-sdk",
                "--data-raw", body, url,
            ], environment: sandbox.environment(), output: file)
        #expect(await curl.end() == 0)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let json = try JSONSerialization.jsonObject(with: Data(lines.dropLast().joined().utf8)) as? [String: Any]
        return (Int(lines.last ?? "") ?? 0, json ?? [:])
    }

    @Test("A visitor is generated and renewed with either content type and spelling", arguments: spellings.indices)
    func visitor(index: Int) async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        let (type, generate, renew) = Self.spellings[index]
        let endpoint = issuer.url + "/oauth2/token"
        let first = try await post(sandbox, endpoint, type, generate)
        #expect(first.status == 200 && first.body["token_type"] as? String == "Bearer")
        #expect(first.body["expires_in"] as? Int == 14_400)
        let refresh = try #require(first.body["refresh_token"] as? String)
        #expect((first.body["access_token"] as? String)?.hasPrefix("OauthNG.JWS.") == true && refresh.hasPrefix("JWS."))

        let second = try await post(sandbox, endpoint, type, renew.replacing("TOKEN", with: refresh))
        #expect(second.status == 200 && second.body["refresh_token"] as? String == refresh)
        let dead = try await post(sandbox, endpoint, type, renew.replacing("TOKEN", with: "JWS.unknown"))
        #expect(dead.status == 400 && dead.body["error"] as? String == "invalid_grant")
        let wrong = try await post(sandbox, endpoint, type, generate.replacing(Self.id, with: "invalid"))
        #expect(wrong.status == 400 && wrong.body["details"] != nil)

        let token = try #require(second.body["access_token"] as? String)
        let information = try await post(
            sandbox, issuer.url + "/oauth2/token-info", "application/json", #"{"token":"\#(token)"}"#)
        #expect(information.body["subjectType"] as? String == "VISITOR")
        #expect("\(information.body["active"] ?? "")" == "true" || information.body["active"] as? Bool == true)
    }

    private static let hasNode = ["/usr/bin/node", "/usr/local/bin/node"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test("The README's four lines redirect a JavaScript project to serve", .enabled(if: hasNode))
    func wrapper() async throws {
        let sandbox = try Sandbox()
        let issuer = try await Issuer(sandbox)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let lines = try #require(readme.firstMatch(of: /```js\n((?:.|\n)*?)```/)?.output.1)
        let script = """
            \(lines.replacing("http://127.0.0.1:8787", with: issuer.url))
            const answer = await fetch('https://www.wixapis.com/oauth2/token', {
              method: 'POST', headers: {'Content-Type': 'application/json'},
              body: JSON.stringify({clientId: '\(Self.id)', grantType: 'anonymous'})});
            console.log(answer.status, (await answer.json()).token_type);
            """
        let file = sandbox.home.appending(path: "project.mjs")
        try Data(script.utf8).write(to: file)
        let output = sandbox.scratchFile()
        defer { unlink(output) }
        let node = try ChildProcess(
            ["node", file.path], environment: sandbox.environment(), output: output, errors: output)
        _ = await node.end()
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "200 Bearer\n")
        #expect(try await issuer.stats()["issued"] == 1)
    }
}
