import Foundation
import Testing

/// What an inspector writes to its terminal while nobody touches it: over a slow line each byte counts.
@Suite("An idle inspector", .timeLimit(.minutes(3)))
struct TickTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    /// Stores sessions whose access tokens end so many seconds from now, each a little later than the one before.
    private func store(_ count: Int, ending seconds: Double) async throws {
        let start = Date().timeIntervalSince1970 + seconds
        let lines = (0..<count).map { number in
            """
            {"clientId":"\(Sandbox.clientID)","tokens":{"accessToken":{"value":"access-\(number)-opaque",\
            "expiresAt":\(Int(start) + number * 7)},"refreshToken":{"value":"refresh-\(number)-opaque","role":"visitor"}}}
            """
        }
        let run = try await sandbox.run(["import", "-"], input: lines.joined(separator: "\n"))
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("Where every row counts seconds, a tick writes at most twelve bytes a row")
    func counting() async throws {
        try await store(60, ending: 600)
        let terminal = try PseudoTerminal(sandbox, ["--read-only"])
        // The first frame, and a tick or two.
        let start = await firstFrame(terminal, silence: .milliseconds(300))
        let rows = start.split(separator: "valid").count - 1
        #expect(rows >= 30)
        // The quickest of some: a change of minutes in all rows at once, or of the machine's pace, is none of them.
        var ticks: [Int] = []
        for _ in 0..<4 {
            var tick = ""
            while tick.isEmpty { tick = await terminal.output(silence: .milliseconds(300)) }
            ticks.append(tick.utf8.count)
        }
        let median = ticks.sorted()[1]
        #expect(median > rows, "\(ticks): it does not tick")
        #expect(median <= 12 * rows, "\(ticks) bytes for \(rows) rows")
    }

    @Test("Where every token ends hours from now, nothing is written until the minute is over")
    func resting() async throws {
        try await store(60, ending: 3 * 3600)
        let terminal = try PseudoTerminal(sandbox, ["--read-only"])
        _ = await firstFrame(terminal, silence: .milliseconds(1500))
        var (begun, ended): (Date, Date)
        var written: String
        repeat {
            begun = Date()
            written = await terminal.output(silence: .milliseconds(2500))
            ended = Date()
        } while minute(begun - 1) != minute(ended)  // What a minute changes may be painted a moment late.
        #expect(written.isEmpty, "\(written.debugDescription)")
    }

    /// What is written from the start on, however slow that is, until nothing was for so long.
    private func firstFrame(_ terminal: PseudoTerminal, silence: Duration) async -> String {
        var output = ""
        while !output.contains("valid"), !Task.isCancelled { output += await terminal.output(silence: silence) }
        return output
    }

    private func minute(_ time: Date) -> Int {
        Int(time.timeIntervalSince1970 / 60)
    }
}
