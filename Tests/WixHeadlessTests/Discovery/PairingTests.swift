import Foundation
import Testing
import VisitorSessions

@testable import WixHeadless

struct PairingTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func read(_ number: Int, later seconds: Double = 0) throws -> ReadTokens {
        try ReadTokens(
            TokenSlots(
                access: .init("access-\(number)-\(seconds)", "access"), refresh: .init("refresh-\(number)", "refresh"),
                expiry: .init(date: Self.start + .seconds(seconds), unit: .seconds)), shape: "test")
    }

    @Test("A session that is found twice is one session with the later access token")
    func twice() throws {
        var list = FindingList()
        list.add(try read(1), at: "a")
        list.add(try read(1, later: 60), at: "b")
        list.add(try read(1, later: 30), at: "c")
        #expect(list.findings.map(\.read.tokens.accessToken?.value) == [Secret("access-1-60.0")])
    }

    @Test("Sessions beyond the limit are reported once and never mixed with others")
    func limit() throws {
        var list = FindingList()
        for number in 0..<FindingList.limit { list.add(try read(number), at: "line") }
        let last = try #require(list.findings.last?.read.tokens)
        let beyond = FindingList.limit
        list.add(try read(beyond), at: "line \(beyond)")
        list.add(try read(beyond, later: 60), at: "again")
        list.add(try read(beyond + 1), at: "another")
        #expect(list.findings.count == FindingList.limit)
        #expect(list.findings.last?.read.tokens == last)
        #expect(list.problems.map(\.place) == ["line \(beyond)"])
    }
}
