import Testing
import VisitorSessions
import VisitorSessionsTesting

@Suite struct PlaceholderTests {
    private static let placeholders = [
        "undefined", "null", "NULL", "NaN", "true", "False", "none", "nil", "(null)", "<null>", "deleted", "n/a",
        "[REDACTED]", "[object Object]", "[Filtered]", "***", "••••", "********", "<token>", "<your refresh token>",
        "{{token}}", "{{ .Values.token }}", "{refreshToken}", "$NAME", "$name.value", "${NAME}", "$(cat token)",
        "%NAME%",
        "#{token}", "`token`", "__TOKEN__", "‹redacted›", "$env:TOKEN", "process.env.TOKEN", "xxx", "XXXXXXXX",
        "xxx.yyy.zzz", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "JWS.xxx.xxx.xxx", "OauthNG.JWS.***", "JWS.undefined",
        "JWS.eyJhbGciOi...abc", "JWS.eyJhbGciOi…abc", "eyJ...", "OauthNG.JWS.eyJhbGciOi•••abc", "eyJxxxxxxxx.abc",
        "your-token-here", "YOUR_REFRESH_TOKEN", "yourAccessToken", "<paste token>", "insert token here",
        "refresh_token",
        "accessToken", "token", "placeholder", "changeme", "-", "\"\"", "\"undefined\"", "'null'", "%22undefined%22",
        "%2522null%2522", "%5BREDACTED%5D", "%5Bobject%20Object%5D", "\"null\",", " undefined ",
    ]

    private static let tokens = [
        "OauthNG.JWS.a.b.c", "JWS.a.b.c", "JWS.eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjoiIn0.c2ln", "a", "opaque", "s3cret",
        "access-1", "x", "xx", "refresh-a", "planted-opaque-token-of-no-issuer", "2YotnFZFEjr1zCsicMWpAA", "$2b$10$abc",
        "a..b", "tGzv3JOkF0XG5Qx2TlKWIA", "null-1", "trueish", "aXXXXXXb", "4f%2Bq", "key-1",
        "eyJ1bmRlZmluZWQiOjF9.e.s",
    ]

    @Test(
        "What stands in the place of a token is a placeholder, in any case, quoted or encoded", arguments: placeholders)
    func isPlaceholder(text: String) {
        #expect(Secret(text).isPlaceholder)
    }

    @Test("Tokens and empty text aren't placeholders", arguments: tokens + [""])
    func isToken(text: String) {
        #expect(!Secret(text).isPlaceholder)
    }

    @Test("The manager refuses placeholders in set, add and resume")
    func manager() async throws {
        let bench = ManagerBench()
        let session = try await bench.session()
        let manager = bench.manager()
        for text in ["undefined", "%22null%22"] {
            for tokens in [
                Tokens(refreshToken: RefreshToken(Secret(text))),
                Tokens(accessToken: AccessToken(Secret(text), expiresAt: nil)),
            ] {
                for attempt in [
                    { _ = try await manager.set(tokens, on: session.id) },
                    { _ = try await manager.add(tokens, clientID: "c") },
                    { _ = try await manager.resume(tokens, clientID: "c") },
                ] as [() async throws -> Void] {
                    let error = await #expect(throws: SessionError.self) { try await attempt() }
                    #expect(error?.kind == .unsuitable && error?.message.contains("placeholder") == true)
                }
            }
        }
        #expect(try bench.store.opened(session.id)?.session.version == session.version)
    }

    @Test("Setting a session's own refresh token keeps its visitor")
    func sameRefreshToken() async throws {
        let bench = ManagerBench()
        let manager = bench.manager()
        let tokens = Tokens(
            accessToken: AccessToken(Secret("a-1"), expiresAt: nil, visitorID: "visitor-1"),
            refreshToken: RefreshToken(Secret("r-1")))
        let session = try await manager.add(tokens, clientID: "c")
        let alone = Tokens(refreshToken: RefreshToken(Secret("r-1")))
        #expect(try await manager.set(alone, on: session.id).session.visitorID == "visitor-1")
        let other = Tokens(refreshToken: RefreshToken(Secret("r-2")))
        #expect(try await manager.set(other, on: session.id).session.visitorID == nil)
    }

    @Test("A later process undoes a set, and undoing again redoes it")
    func undoSet() async throws {
        let bench = ManagerBench()
        let manager = bench.manager()
        let old = Tokens(
            accessToken: AccessToken(Secret("a-1"), expiresAt: nil, visitorID: "visitor-1"),
            refreshToken: RefreshToken(Secret("r-1"), role: .member))
        let session = try await manager.add(old, clientID: "c", issuer: "https://issuer.example")
        await #expect(throws: SessionError.self) { try await manager.undoSet(of: session.id) }
        let new = Tokens(refreshToken: RefreshToken(Secret("r-2")))
        _ = try await manager.set(new, clientID: "other", on: session.id)

        let undone = try await bench.manager().undoSet(of: session.id)
        #expect(undone.session.clientID == "c" && undone.session.issuer == "https://issuer.example")
        #expect(undone.session.visitorID == "visitor-1" && undone.session.role == .member)
        #expect(try bench.store.opened(session.id)?.tokens == old)

        let redone = try await manager.undoSet(of: session.id, isRedo: true).session
        #expect(try bench.store.opened(session.id)?.tokens == new)
        #expect(redone.clientID == "other" && redone.issuer == "https://issuer.example")
        #expect(bench.store.history(of: session.id, limit: 2).map(\.draft.outcome) == ["redone", "undone"])
    }

    @Test("A set and its undo keep the age of an access token, from which the rest of its lifetime is shown")
    func ageOfAccessToken() async throws {
        let bench = ManagerBench()
        let manager = bench.manager()
        let session = try await bench.session(endingIn: 3600)
        let age = session.tokensAt
        bench.clock.advance(by: .seconds(600))
        let kept = Tokens(
            accessToken: try bench.store.opened(session.id)?.tokens.accessToken,
            refreshToken: RefreshToken(Secret("another")))
        #expect(try await manager.set(kept, on: session.id).session.tokensAt == age)
        #expect(try await manager.set(bench.tokens("new"), on: session.id).session.tokensAt > age)
        #expect(try await manager.undoSet(of: session.id).session.tokensAt == age)
    }

    @Test("A refused refresh token that an undo brings back is refused again")
    func refusedAgain() async throws {
        let bench = ManagerBench()
        let refusedAt = bench.clock.date()
        let session = try await bench.session { $0.refusedAt = refusedAt }
        #expect(try await bench.manager().set(bench.tokens("new"), on: session.id).session.refusedAt == nil)
        #expect(try await bench.manager().undoSet(of: session.id).session.refusedAt == refusedAt)
    }

    @Test("Setting the same tokens twice keeps those that the first set replaced")
    func setTwice() async throws {
        let bench = ManagerBench()
        let manager = bench.manager()
        let old = bench.tokens("old")
        let session = try await manager.add(old, clientID: "c")
        for _ in 0..<2 { _ = try await manager.set(bench.tokens("new"), on: session.id) }
        _ = try await manager.undoSet(of: session.id)
        #expect(try bench.store.opened(session.id)?.tokens == old)
    }

    @Test("Tokens that are set belong to the session's issuer, unless another one is named")
    func issuerOfSet() async throws {
        let bench = ManagerBench()
        let manager = bench.manager()
        let session = try await manager.add(bench.tokens("old"), clientID: "c", issuer: "http://127.0.0.1:1")
        #expect(try await manager.set(bench.tokens("new"), on: session.id).session.issuer == "http://127.0.0.1:1")
        let named = try await manager.set(bench.tokens("newer"), issuer: "http://127.0.0.1:2", on: session.id)
        #expect(named.session.issuer == "http://127.0.0.1:2")
    }
}
