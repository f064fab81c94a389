import Foundation
import Testing

@testable import InspectorCore

struct ThrottledQueryTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    /// Which of the calls at these times run the query.
    private func asked(_ query: inout ThrottledQuery, at seconds: Double...) -> [Bool] {
        seconds.map { query.begin(at: Self.start.addingTimeInterval($0)) }
    }

    @Test("It runs once at a time, and once more for all requests in between")
    func once() {
        var query = ThrottledQuery()
        let first = asked(&query, at: 0, 0, 0)
        #expect(first == [true, false, false])
        #expect(query.due == nil)
        query.end(at: Self.start)
        #expect(query.due.map { $0 <= Self.start } == true)
        let second = asked(&query, at: 0)
        #expect(second == [true])
        query.end(at: Self.start)
        #expect(query.due == nil)
    }

    @Test("After two answers that took half a second each, it pauses for ten seconds")
    func rests() {
        var query = ThrottledQuery()
        _ = query.begin(at: Self.start)
        query.end(at: Self.start.addingTimeInterval(0.5))
        #expect(query.due == nil)
        let second = asked(&query, at: 0.5)
        #expect(second == [true])
        query.end(at: Self.start.addingTimeInterval(1))
        let third = asked(&query, at: 1.5, 10.5, 11)
        #expect(third == [false, false, true])
        query.end(at: Self.start.addingTimeInterval(11.001))
        let quick = asked(&query, at: 11.1)
        #expect(quick == [true])
    }

    @Test("A failed query runs again at once, and setting the clock back delays nothing")
    func troubles() {
        var query = ThrottledQuery()
        _ = query.begin(at: Self.start)
        query.cancel()
        #expect(query.due == nil)
        let again = asked(&query, at: 0)
        #expect(again == [true])
        query.end(at: Self.start.addingTimeInterval(-3600))
        let earlier = asked(&query, at: -3600)
        #expect(earlier == [true])
    }
}
