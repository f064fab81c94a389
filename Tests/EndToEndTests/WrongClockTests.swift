import Foundation
import TestProcesses
import Testing

/// The program on a machine whose clock is wrong (libfaketime), with an issuer whose clock is right.
@Suite(
    "A machine whose clock is wrong",
    .enabled(
        if: Sandbox.hasWrongClocks, "faketime is not installed: nothing here was tested. Install faketime."),
    .timeLimit(.minutes(5)))
struct WrongClockTests {
    private static let right = "+0s"
    private static let clocks = ["-5h", "-2m", "+2m", "+5h"]

    private let sandbox: Sandbox
    private let issuer: Issuer

    init() async throws {
        sandbox = try Sandbox()
        issuer = try await Issuer(sandbox)
    }

    private func run(_ arguments: [String], input: String = "", clock: String) async throws -> String {
        let environment = ["SESSION_INSPECTOR_ISSUER": issuer.url]
        let run = try await sandbox.run(
            arguments, input: input, environment: environment, through: Sandbox.wrongClock(clock))
        #expect(run.status == 0, "\(arguments) at \(clock): \(run.errors)")
        return run.output
    }

    private func generate(clock: String) async throws -> String {
        let output = try await run(["generate", "--json"], clock: clock)
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        return try #require(object?["id"] as? String)
    }

    private func state(clock: String, _ sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let output = try await run(["list", "--json"], clock: clock)
        let list = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]]
        return try #require(list?.first?["state"] as? String, sourceLocation: sourceLocation)
    }

    private func renewals() async throws -> Int {
        try #require(try await issuer.stats()["redemptions"])
    }

    /// Sets the session's access token to have expired a minute ago; for a slow clock that is hours ahead.
    private func expire(_ id: String, clock: String) async throws {
        let text = try await run(["export", id, "--as", "sdk"], clock: clock)
        var tokens = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String: Any]])
        tokens["accessToken"]?["value"] = "an-access-token-of-long-ago"
        tokens["accessToken"]?["expiresAt"] = Int(Date().timeIntervalSince1970) - 60
        let changed = String(decoding: try JSONSerialization.data(withJSONObject: tokens), as: UTF8.self)
        _ = try await run(["set", id, "--yes"], input: changed, clock: clock)
    }

    @Test("A working token is printed as it is, and an expired one is renewed", arguments: clocks)
    func oneShotCommands(clock: String) async throws {
        let id = try await generate(clock: clock)
        #expect(try await state(clock: clock) == "valid")
        let first = try await run(["token", id], clock: clock)
        #expect(try await run(["token", id, "--minimum-lifetime", "3h"], clock: clock) == first)
        #expect(try await run(["exec", id, "--", "printenv", "WIX_ACCESS_TOKEN"], clock: clock) == first)
        #expect(try await run(["request", id, issuer.url + "/api/cart"], clock: clock).contains("visitorId"))
        #expect(try await run(["renew", "--expiring-within", "3h"], clock: clock).isEmpty)
        #expect(try await renewals() == 0)

        try await expire(id, clock: clock)
        #expect(try await state(clock: clock) == "expired")
        #expect(try await run(["show", id, "--json"], clock: clock).contains(#""state" : "expired""#))
        let second = try await run(["token", id], clock: clock)
        #expect(second.hasPrefix("OauthNG.") && second != first)
        #expect(try await run(["token", id], clock: clock) == second)
        #expect(try await renewals() == 1)

        try await expire(id, clock: clock)
        #expect(try await run(["request", id, issuer.url + "/api/cart"], clock: clock).contains("visitorId"))
        #expect(try await renewals() == 2)
        try await expire(id, clock: clock)
        #expect(try await run(["renew", "--expiring-within", "1s"], clock: clock).contains("renewed"))
        #expect(try await renewals() == 3)
        #expect(try await state(clock: clock) == "valid")
    }

    @Test(
        "Changing the clock between commands costs at most one renewal and never yields an expired token",
        arguments: [
            ("-5h", right), ("+5h", right), ("-5h", "+5h"), ("+5h", "-5h"), (right, "-2m"), (right, "-5h"),
            (right, "+5h"),
        ])
    func clockChange(before: String, after: String) async throws {
        let id = try await generate(clock: before)
        for _ in 0..<3 {
            let token = try await run(["token", id], clock: after)
            #expect(token.hasPrefix("OauthNG."))
        }
        #expect(try await renewals() <= 1)
        let known = try await renewals()
        try await expire(id, clock: after)
        for _ in 0..<2 { #expect(try await run(["token", id], clock: after).hasPrefix("OauthNG.")) }
        #expect(try await renewals() == known + 1)
        #expect(try await state(clock: after) == "valid")
    }

    @Test("Tokens set offline use the issuer's clock after the first response")
    func tokensSetOffline() async throws {
        let id = try await generate(clock: Self.right)
        let tokens = try await run(["export", id, "--as", "sdk"], clock: Self.right)
        let other = try Sandbox()
        let environment = ["SESSION_INSPECTOR_ISSUER": issuer.url]
        let ahead = Sandbox.wrongClock("+5h")
        let set = try await other.run(
            ["set", "--new", "--label", "cart"], input: tokens, environment: environment, through: ahead)
        #expect(set.status == 0, "\(set.errors)")
        #expect(try await other.run(["list"], environment: environment, through: ahead).output.contains("expired"))
        // Requests no token, but the response contains the issuer's time.
        #expect(try await other.run(["info", "cart"], environment: environment, through: ahead).status == 0)
        #expect(try await other.run(["list"], environment: environment, through: ahead).output.contains(" valid "))
        #expect(try await renewals() == 0)
    }

    @Test("Countdowns follow the issuer's clock", arguments: ["-5h", "+5h"])
    func inspector(clock: String) async throws {
        let id = try await generate(clock: clock)
        let terminal = try await Terminal(sandbox, nil, environment: ["SESSION_INSPECTOR_ISSUER": issuer.url])
        let open = (Sandbox.wrongClock(clock) + [Sandbox.program.path]).map { "'\($0)'" }.joined(separator: " ")
        try await terminal.type(open)
        try await terminal.await("a session that is valid for four hours") {
            $0.contains("1 valid") && $0.contains("3 h 59 m")
        }
        try await terminal.press("q")
        try await terminal.await("the shell") { !$0.contains("1 valid") }
        // libfaketime breaks the timers that detect other processes' changes, so reopen the inspector.
        try await expire(id, clock: clock)
        try await terminal.type(open)
        try await terminal.await("1 expired")
        try await terminal.press("r")
        try await terminal.await("1 valid")
        #expect(try await renewals() == 1)
    }

    @Test(
        "Machines with different clocks share a PostgreSQL store",
        .enabled(if: PostgresCluster.isInstalled, PostgresCluster.missing))
    func postgres() async throws {
        let cluster = try PostgresCluster.shared.get()
        let store = ["--store", try cluster.address(cluster.makeDatabase())]
        let output = try await run(["generate", "--json"] + store, clock: "-5h")
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        let id = try #require(object?["id"] as? String)
        let token = try await run(["token", id] + store, clock: Self.right)
        for clock in Self.clocks {
            #expect(try await run(["token", id] + store, clock: clock) == token)
            #expect(try await run(["list"] + store, clock: clock).contains(" valid "))
        }
        #expect(try await renewals() == 0)
    }
}
