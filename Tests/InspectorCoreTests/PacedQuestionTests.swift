import Foundation
import Testing

@testable import InspectorCore

struct PacedQuestionTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    /// Which of the calls at these times ask.
    private func asked(_ question: inout PacedQuestion, at seconds: Double...) -> [Bool] {
        seconds.map { question.begin(at: Self.start.addingTimeInterval($0)) }
    }

    @Test("It is asked once at a time, and once more for all who asked meanwhile")
    func once() {
        var question = PacedQuestion()
        let first = asked(&question, at: 0, 0, 0)
        #expect(first == [true, false, false])
        #expect(question.due == nil)
        question.end(at: Self.start)
        #expect(question.due.map { $0 <= Self.start } == true)
        let second = asked(&question, at: 0)
        #expect(second == [true])
        question.end(at: Self.start)
        #expect(question.due == nil)
    }

    @Test("After answers that took half a second each it rests for ten, whoever asks; one alone may be chance")
    func rests() {
        var question = PacedQuestion()
        _ = question.begin(at: Self.start)
        question.end(at: Self.start.addingTimeInterval(0.5))
        #expect(question.due == nil)
        let second = asked(&question, at: 0.5)
        #expect(second == [true])
        question.end(at: Self.start.addingTimeInterval(1))
        let third = asked(&question, at: 1.5, 10.5, 11)
        #expect(third == [false, false, true])
        question.end(at: Self.start.addingTimeInterval(11.001))
        let quick = asked(&question, at: 11.1)
        #expect(quick == [true])
    }

    @Test("One that failed is asked again at once, and a clock that was set back lets nobody wait")
    func troubles() {
        var question = PacedQuestion()
        _ = question.begin(at: Self.start)
        question.giveUp()
        #expect(question.due == nil)
        let again = asked(&question, at: 0)
        #expect(again == [true])
        question.end(at: Self.start.addingTimeInterval(-3600))
        let earlier = asked(&question, at: -3600)
        #expect(earlier == [true])
    }
}
