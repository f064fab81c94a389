import Foundation
import Testing

@testable import Commands

@Suite("Signals that stop a command", .serialized, .timeLimit(.minutes(1)))
struct StopSignalsTests {
    @Test("A signal reaches those who wait for it, also after others have waited", arguments: [SIGTERM, SIGINT])
    func repeated(number: Int32) async {
        for _ in 0..<3 {
            let signals = StopSignals()
            #expect(signals.received == nil)
            kill(getpid(), number)
            await signals.wait()
            #expect(signals.received == number)
        }
    }

    @Test("Everyone who waits gets it")
    func shared() async {
        let (first, second) = (StopSignals(), StopSignals())
        kill(getpid(), SIGTERM)
        await first.wait()
        await second.wait()
        #expect(first.received == SIGTERM && second.received == SIGTERM)
    }
}
