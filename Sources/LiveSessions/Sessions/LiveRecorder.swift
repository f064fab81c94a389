package import Foundation
package import VisitorSessions

/// Records the sessions of an application that runs with ``environment(_:)``.
package final class LiveRecorder: Sendable {
    /// Exchanges that wait for the store. Beyond this number they are dropped, and counted.
    private static let limit = 4096

    private let recorder: Recorder
    private let hook: URL
    private let work: Task<Void, Never>
    package let run: LiveRun

    /// Starts a recorder.
    ///
    /// - Parameters:
    ///   - hook: The Node hook: ``NodeHook/url(program:)``.
    ///   - folder: A folder for the recorder's socket, which only this user can enter. It is created and removed.
    ///   - label: The label of new sessions.
    ///   - clientID: The client of requests that don't name one.
    ///   - say: Called with sentences for the person at the terminal.
    package init(
        _ manager: SessionManager, hook: URL, folder: URL, label: String, clientID: String?,
        say: @escaping @Sendable (String) -> Void
    ) throws {
        let (stream, exchanges) = AsyncStream.makeStream(
            of: Exchange.self, bufferingPolicy: .bufferingNewest(Self.limit))
        let run = LiveRun(manager: manager, label: label, clientID: clientID, say: say)
        recorder = try Recorder(folder: folder, report: { exchanges.yield($0) }, ended: { exchanges.finish() })
        self.hook = hook
        self.run = run
        work = Task { for await exchange in stream { await run.take(exchange) } }
    }

    /// The environment of the application: `current` with the hook and the recorder's socket.
    package func environment(_ current: [String: String]) -> [String: String] {
        var environment = current
        environment["NODE_OPTIONS"] = NodeHook.options(loading: hook.path, current: current["NODE_OPTIONS"])
        environment["SESSION_INSPECTOR_RECORDER"] = "\(ProcessInfo.processInfo.processIdentifier):\(recorder.path)"
        return environment
    }

    /// Stops recording, and stores what was seen.
    package func stop() async -> LiveRun.Summary {
        recorder.stop()
        await work.value
        return await run.summary
    }
}
