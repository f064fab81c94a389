import DevelopmentIssuer
import Foundation
import Testing
import VisitorSessions
import WixHeadless

/// The adapter and a misbehaving issuer over a real connection.
@Suite("An issuer that fails", .timeLimit(.minutes(1)))
struct FaultyIssuerTests {
    /// The expected result of a renewal with a fault.
    struct Expectation: Sendable {
        var fault: String
        var kind: IssuerError.Kind
        var mayHaveTakenEffect: Bool
        var status: Int?

        /// Whether the issuer redeemed the refresh token, by its own count.
        var isRedeemed: Bool
    }

    private static func with(
        rotate: Bool = false, clock: @escaping @Sendable () -> Date = { Date() },
        _ body: (WixTokenIssuer, DevelopmentIssuerServer) async throws -> Void
    ) async throws {
        var options = DevelopmentIssuerServer.Options()
        options.rotate = rotate
        let server = DevelopmentIssuerServer(options, now: clock)
        let url = try IssuerURL("http://127.0.0.1:\(try await server.start())")
        do {
            try await body(
                WixTokenIssuer(url: url, transport: CurlTransport(), now: clock), server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test(
        "A failed renewal reports its kind and whether the token may have been redeemed",
        arguments: [
            Expectation(fault: "drop", kind: .transient, mayHaveTakenEffect: true, isRedeemed: true),
            Expectation(fault: "drop-request", kind: .transient, mayHaveTakenEffect: true, isRedeemed: false),
            Expectation(fault: "truncate", kind: .transient, mayHaveTakenEffect: true, isRedeemed: true),
            Expectation(fault: "garbage", kind: .transient, mayHaveTakenEffect: true, status: 200, isRedeemed: true),
            Expectation(fault: "refuse", kind: .refused, mayHaveTakenEffect: false, status: 400, isRedeemed: false),
            Expectation(
                fault: "status=500", kind: .transient, mayHaveTakenEffect: true, status: 500, isRedeemed: false),
            Expectation(
                fault: "status=503,retry-after=9", kind: .transient, mayHaveTakenEffect: false, status: 503,
                isRedeemed: false),
            Expectation(
                fault: "status=429", kind: .transient, mayHaveTakenEffect: false, status: 429, isRedeemed: false),
            Expectation(fault: "status=418", kind: .unknown, mayHaveTakenEffect: false, status: 418, isRedeemed: false),
        ])
    func failures(expected: Expectation) async throws {
        try await Self.with { issuer, server in
            let refresh = try #require(try await issuer.generate(clientID: Samples.clientID).refreshToken)
            server.faults = [try Fault(expected.fault + "@1:renew")]
            let error = await #expect(throws: IssuerError.self) {
                _ = try await issuer.renew(refresh, clientID: Samples.clientID)
            }
            #expect(error?.kind == expected.kind)
            #expect(error?.mayHaveTakenEffect == expected.mayHaveTakenEffect)
            #expect(error?.status == expected.status)
            #expect((error?.retryAfter != nil) == expected.fault.contains("retry-after"))
            #expect(server.counts.redemptions == (expected.isRedeemed ? 1 : 0))
            #expect(server.counts.faults == 1)
            #expect(error?.message.contains(refresh.value.reveal()) == false)
            // The fault applies once.
            _ = try await issuer.renew(refresh, clientID: Samples.clientID)
        }
    }

    @Test("After a rotating renewal's response is lost, the old token is refused")
    func lostRotation() async throws {
        try await Self.with(rotate: true) { issuer, server in
            let refresh = try #require(try await issuer.generate(clientID: Samples.clientID).refreshToken)
            server.faults = [Fault(.drop, kind: .renew, remaining: 1)]
            await #expect(throws: IssuerError.self) { _ = try await issuer.renew(refresh, clientID: Samples.clientID) }
            let error = await #expect(throws: IssuerError.self) {
                _ = try await issuer.renew(refresh, clientID: Samples.clientID)
            }
            #expect(error?.kind == .refused)
            #expect(server.counts.reuses == 1)
        }
    }

    @Test("A timed-out renewal reports that it may have taken effect, and it has")
    func latency() async throws {
        try await Self.with { issuer, server in
            let refresh = try #require(try await issuer.generate(clientID: Samples.clientID).refreshToken)
            server.faults = [Fault(.latency(.seconds(60)))]
            let renewal = Task { try await issuer.renew(refresh, clientID: Samples.clientID) }
            while !Task.isCancelled, server.counts.redemptions == 0 { await Task.yield() }
            renewal.cancel()
            let error = await #expect(throws: IssuerError.self) { _ = try await renewal.value }
            #expect(error?.kind == .cancelled && error?.mayHaveTakenEffect == true)
        }
    }

    @Test("A success may leave out fields or write numbers as strings")
    func lenientSuccesses() async throws {
        try await Self.with { issuer, server in
            let first = try await issuer.generate(clientID: Samples.clientID)
            let refresh = try #require(first.refreshToken)
            for fault in ["no-expiry", "string-numbers", "no-refresh-token"] {
                server.faults = [try Fault(fault)]
                let issued = try await issuer.renew(refresh, clientID: Samples.clientID)
                let end = try #require(issued.accessToken.expiresAt)
                #expect(end.timeIntervalSince(try #require(issued.serverDate)) == 14_400)
                #expect(issued.refreshToken == (fault == "no-refresh-token" ? nil : refresh))
            }
            server.faults = [Fault(.stringNumbers)]
            #expect(try await issuer.information(about: first.accessToken.value).isActive)
        }
    }

    @Test("An issuer with a wrong clock dates its tokens by it and reports its time")
    func skew() async throws {
        let now = Samples.now
        try await Self.with(clock: { now }) { issuer, server in
            server.faults = [Fault(.skew(.seconds(-600)))]
            let issued = try await issuer.generate(clientID: Samples.clientID)
            #expect(issued.serverDate == now - .seconds(600))
            #expect(issued.accessToken.expiresAt == now + .seconds(14_400 - 600))
        }
    }
}
