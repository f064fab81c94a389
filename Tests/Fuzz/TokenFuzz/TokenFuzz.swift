import Foundation
import Synchronization
import VisitorSessionsTesting
import WixHeadless

/// Fuzzes each stage of token discovery: `token-fuzz [seconds] [seed]`.
///
/// Each round damages or combines fixtures. A finding is a crash, more than a second of work for one input, a token in a
/// message, or something that isn't a token where one should be.
@main
enum TokenFuzz {
    private static let timeLimit = 1.0

    /// Reads the fixtures of the tests.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "WixHeadlessTests/Fixtures")

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let seconds = arguments.first ?? 60
        let seed = arguments.count > 1 ? arguments[1] : UInt64.random(in: 0 ... .max)
        let mutator = try Mutator(fixtures: fixtures())
        print("token-fuzz: \(seconds) s from seed \(seed), \(mutator.fixtures.count) fixtures")
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Int64(seconds))
        let current = Mutex((seed: seed, start: clock.now, used: 0.0))
        Thread.detachNewThread {
            // A hang never gets to the check below.
            while true {
                Thread.sleep(forTimeInterval: 1)
                let (seed, start, used) = current.withLock { $0 }
                // A busy machine is no hang.
                let isBusy = processorTime(CLOCK_PROCESS_CPUTIME_ID) - used > 30
                if isBusy || clock.now - start > .seconds(600) { fail(seed, "hangs", Data()) }
            }
        }
        var round: UInt64 = 0
        while clock.now < end {
            let own = seed &+ round
            // A crash is found again with the last seed that was printed.
            if round % 5000 == 0 { print("token-fuzz: seed \(own)") }
            current.withLock { $0 = (own, clock.now, processorTime(CLOCK_PROCESS_CPUTIME_ID)) }
            var random = SplitMix(state: own)
            let bytes = mutator.input(using: &random)
            for stage in DiscoveryStage.allCases {
                let start = processorTime()
                let messages = stage.run(bytes, now: Date(timeIntervalSince1970: 1_795_500_000))
                let used = processorTime() - start
                if used > timeLimit { fail(own, "\(stage) took \(used) s", bytes) }
                if let message = messages.first(where: mutator.revealsToken) {
                    fail(own, "\(stage) reveals a token: \(message)", bytes)
                }
            }
            round += 1
        }
        print("token-fuzz: \(round) inputs, no finding")
    }

    private static func fixtures() throws -> [Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return try paths.filter { !$0.hasPrefix("HTTP/") && $0.contains(".") }
            .map { try Data(contentsOf: folder.appending(path: $0)) }.filter { $0.count <= 1 << 16 }
    }

    private static func processorTime(_ clock: clockid_t = CLOCK_THREAD_CPUTIME_ID) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func fail(_ seed: UInt64, _ reason: String, _ bytes: Data) -> Never {
        print("seed \(seed): \(reason)\n\(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
        exit(1)
    }
}
