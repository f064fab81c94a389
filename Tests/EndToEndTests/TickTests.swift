import Foundation
import Testing

/// How much an idle inspector writes: over a slow connection each byte counts.
@Suite("An idle inspector", .timeLimit(.minutes(3)))
struct TickTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    /// Stores sessions whose access tokens expire in `seconds`, each a little later than the one before.
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

    @Test("A tick writes at most twelve bytes for each row that counts seconds")
    func counting() async throws {
        try await store(60, ending: 600)
        let terminal = try PseudoTerminal(sandbox, ["--read-only"])
        // The first frame, and a tick or two.
        let start = await firstFrame(terminal, silence: .milliseconds(300))
        let rows = start.split(separator: "valid").count - 1
        #expect(rows >= 30)
        // Some ticks also change the gauges, which four ticks in a row can do, or the minutes, or merge on a busy machine.
        var ticks: [Int] = []
        for _ in 0..<8 {
            var tick = ""
            while tick.isEmpty { tick = await terminal.output(silence: .milliseconds(300)) }
            ticks.append(tick.utf8.count)
        }
        let usual = ticks.sorted()[1]
        #expect(usual > rows, "\(ticks): it does not tick")
        #expect(usual <= 12 * rows, "\(ticks) bytes for \(rows) rows")
    }

    @Test("If all tokens expire hours from now, nothing is written between minutes")
    func betweenMinutes() async throws {
        try await store(60, ending: 3 * 3600)
        let terminal = try PseudoTerminal(sandbox, ["--read-only"])
        _ = await firstFrame(terminal, silence: .milliseconds(1500))
        var (begun, ended): (Date, Date)
        var written: String
        repeat {
            begun = Date()
            written = await terminal.output(silence: .milliseconds(2500))
            ended = Date()
        } while minute(begun - 1) != minute(ended)  // A minute change may be painted slightly late.
        #expect(written.isEmpty, "\(written.debugDescription)")
    }

    /// The output from the start until nothing was written for `silence`.
    private func firstFrame(_ terminal: PseudoTerminal, silence: Duration) async -> String {
        var output = ""
        while !output.contains("valid"), !Task.isCancelled { output += await terminal.output(silence: silence) }
        return output
    }

    private func minute(_ time: Date) -> Int {
        Int(time.timeIntervalSince1970 / 60)
    }
}
