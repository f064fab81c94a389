import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting
import WixHeadless

@testable import LiveSessions

/// Cookies of a real Chromium.
@Suite(
    "Writing cookies back",
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium"),
        "chromium is not installed: nothing here was tested."), .timeLimit(.minutes(2)))
struct BrowserPlacesTests {
    private static let local = "http://localhost:3000/"
    private static let site = "https://shop.example.com/"
    private static let day = JSONValue.number("\(Int(Date().timeIntervalSince1970) + 86400)")

    private static let kinds: [(name: String, cookie: JSONValue)] = [
        ("session", ["url": .string(local)]),
        ("persistent", ["url": .string(local), "expires": day, "sameSite": "Strict"]),
        ("http-only", ["url": .string(local), "httpOnly": true, "sameSite": "Lax"]),
        ("path", ["url": .string(site), "path": "/shop"]),
        ("domain", ["url": .string(site), "domain": "example.com"]),
        ("secure", ["url": .string(site), "secure": true, "sameSite": "None"]),
        ("__Host-tokens", ["url": .string(site), "path": "/", "secure": true, "httpOnly": true]),
        (
            "partitioned",
            [
                "url": .string(site), "secure": true, "sameSite": "None",
                "partitionKey": ["topLevelSite": "https://example.org", "hasCrossSiteAncestor": true],
            ]
        ),
        ("priority", ["url": .string(site), "priority": "High", "expires": day]),
    ]

    @Test("Cookies into which a value is split are one place, also if another value needs more or fewer of them")
    func chunks() throws {
        func cookie(_ name: String, _ value: String) -> JSONValue {
            ["name": .string(name), "value": .string(value), "domain": "localhost", "path": "/", "httpOnly": true]
        }
        let cookies = [
            cookie("t.1", "def"), cookie("t.0", "abcd"), cookie("t.2", "g"), cookie("x.1", "y"), cookie("z", "z"),
        ]
        let places = BrowserCookie.places(cookies)
        #expect(Set(places.map { [$0.name, $0.text] }) == [["t", "abcddefg"], ["x.1", "y"], ["z", "z"]])
        guard case .cookie(let location)? = places.first(where: { $0.name == "t" })?.location else {
            Issue.record("the chunks aren't joined")
            return
        }
        let parts = BrowserCookie.parts(of: location, holding: "0123456789")
        #expect(parts.map(\.text) == ["0123", "4567", "89"])
        #expect(parts.map { BrowserCookie.setting($0.cookie, to: $0.text)["name"] } == ["t.0", "t.1", "t.2"])
        #expect(BrowserCookie.parts(of: location, holding: "").count == 1)
        #expect(BrowserCookie.parts(of: location).map { BrowserCookie.deleting($0)["name"] } == ["t.0", "t.1", "t.2"])
        #expect(BrowserCookie.setting(parts[0].cookie, to: "")["chunkSize"] == nil)
    }

    @Test("Cookies of nine kinds are unchanged but for the tokens in them")
    func kinds() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "c-\(SessionID().prefix(8))")
        let process = try BrowserProcess(
            URL(filePath: "/usr/bin/chromium"), arguments: ["--headless", "--no-sandbox"],
            profile: BrowserProfile(folder: folder, isKept: false), environment: ProcessInfo.processInfo.environment)
        let devTools = DevTools(socket: process.socket)
        do {
            try await check(devTools)
        } catch {
            Issue.record(error)
        }
        devTools.close()
        #expect(await process.end() == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    private func check(_ devTools: DevTools) async throws {
        let store = InMemorySessionStore()
        let manager = SessionManager(store: store, issuer: ScriptedIssuer(), name: "browse 1")
        let run = LiveRun(
            manager: manager, requests: RequestWriter(store, source: LiveSource(.browser, label: "tab")), label: nil,
            clientID: "c", say: { _ in })
        let places = BrowserPlaces(devTools, run: run, store: store, origin: nil)
        for (name, cookie) in Self.kinds {
            let value = try StoredText.sdk(percentEncoded: true).replacing(with: Self.tokens(name), now: Date())
            let members: [JSONValue.Member] = [
                .init(name: "name", value: .string(name)), .init(name: "value", value: .string(value.reveal())),
            ]
            _ = try await devTools.send(
                "Storage.setCookies", ["cookies": [.object((cookie.members ?? []) + members)]])
        }
        let before = try await cookies(devTools)
        #expect(before.keys.sorted() == Self.kinds.map(\.name).sorted())
        await places.recordChanges()
        let sessions = store.page(SessionQuery(limit: 20, now: Date(), policy: SessionPolicy()))
        #expect(sessions.count == 9)
        for session in sessions {
            let opened = try #require(try store.opened(session.id))
            let kind = opened.tokens.refreshToken?.value.reveal().split(separator: ".").last ?? ""
            let problems = await places.write(Self.tokens("\(kind)-new"), of: session.id, reloads: false)
            #expect(problems == [])
        }
        let after = try await cookies(devTools)
        for (name, cookie) in before {
            let written = try #require(after[name])
            #expect(written["value"]?.string?.contains("\(name)-new") == true)
            #expect(Self.rest(written) == Self.rest(cookie), "\(name)")
        }
        _ = try await devTools.send("Storage.clearCookies")
        for session in sessions {
            #expect(await places.write(Self.tokens("later"), of: session.id, reloads: false) == [])
        }
        #expect(try await cookies(devTools).isEmpty, "a visitor who has logged out isn't logged in again")
    }

    private static func tokens(_ name: String) -> Tokens {
        Tokens(
            accessToken: AccessToken(Secret("OauthNG.JWS.a.b.\(name)"), expiresAt: nil),
            refreshToken: RefreshToken(Secret("JWS.a.b.\(name)")))
    }

    private func cookies(_ devTools: DevTools) async throws -> [String: JSONValue] {
        let all = try await devTools.send("Storage.getCookies")["cookies"]?.array ?? []
        return Dictionary(all.map { ($0["name"]?.string ?? "", $0) }) { first, _ in first }
    }

    /// The attributes. Chromium keeps the expiry with more digits than a script can set.
    private static func rest(_ cookie: JSONValue) -> [String: JSONValue] {
        let members = (cookie.members ?? []).filter { $0.name != "value" && $0.name != "size" }
        return Dictionary(
            members.map { member in
                let isTime = member.name == "expires"
                return (member.name, isTime ? .number("\(Int(member.value.double ?? 0))") : member.value)
            }
        ) { first, _ in first }
    }
}
