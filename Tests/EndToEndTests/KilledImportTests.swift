import Foundation
import TestProcesses
import Testing

@Suite("Killed imports", .timeLimit(.minutes(3)))
struct KilledImportTests {
    /// Just enough for a store that is built beside the old one.
    private static let count = 2_050

    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    /// JSON Lines with `count` sessions.
    private func file() throws -> String {
        let lines = (0..<Self.count).map { number in
            #"{"accessToken":{"value":"access-\#(number)","expiresAt":4000000000},"#
                + #""refreshToken":{"value":"refresh-\#(number)","role":"visitor"}}"# + "\n"
        }
        let path = sandbox.scratchFile()
        try Data(lines.joined().utf8).write(to: URL(filePath: path))
        return path
    }

    /// The number of sessions. Requires that the file is whole, and that counts, tokens and journal agree.
    private func requireWhole(_ store: String) async throws -> Int {
        let checks = """
            PRAGMA integrity_check; SELECT count(*) FROM session; SELECT count(*) FROM tokens; SELECT count(*) FROM journal;
            SELECT coalesce(sum(number), 0) FROM state_counts WHERE measure = 'session';
            """
        let run = try await sandbox.execute(["sqlite3", store, checks])
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "ok" && Set(lines[1..<5]).count == 1, "\(run.output) \(run.errors)")
        return try #require(Int(lines[1]))
    }

    @Test("An import killed at any moment leaves the old store or the new one, and a second import completes it")
    func killed() async throws {
        let path = try file()
        let start = ContinuousClock.now
        let whole = try await sandbox.run(["import", "--store", sandbox.home.appending(path: "whole").path, path])
        #expect(whole.status == 0, "\(whole.errors)")
        var duration = (ContinuousClock.now - start) / .seconds(1)
        var (killed, unfinished): (Int, String?) = (0, nil)
        for round in 0..<100 where killed < 20 {
            let store = sandbox.home.appending(path: "\(round)/sessions.sqlite").path
            let child = try ChildProcess(
                [Sandbox.program.path, "import", "--store", store, path], environment: sandbox.environment())
            // Any moment: that is the point.
            try await Task.sleep(for: .seconds(duration * Double.random(in: 0.05...1)))
            kill(child.id, SIGKILL)
            if await child.end() == 128 + SIGKILL {
                killed += 1
            } else {
                // The machine has become faster.
                duration *= 0.8
            }
            guard FileManager.default.fileExists(atPath: store) else { continue }
            let stored = try await requireWhole(store)
            #expect([0, Self.count].contains(stored))
            if stored == 0 { unfinished = store }
        }
        #expect(killed == 20)
        let store = try #require(unfinished)
        let again = try await sandbox.run(["import", "--store", store, path])
        #expect(again.status == 0 && again.errors.contains("\(Self.count) added"), "\(again.errors)")
        #expect(try await requireWhole(store) == Self.count)
        let folder = URL(filePath: store).deletingLastPathComponent().path
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["sessions.sqlite"])
    }
}
