package import Foundation
import Synchronization
package import VisitorSessions

/// Records the sessions and requests of an application that runs with ``environment(_:)``.
package final class LiveRecorder: Sendable {
    /// How many events may wait for the store. Beyond this number, new ones are dropped and counted.
    private static let limit = 4096

    /// If no call is seen for this long, the user is told why that may be.
    private static let silence = Duration.seconds(60)
    package static let unseen = "Calls made over HTTP/2, or by runtimes other than Node, can't be recorded."

    private let recorder: Recorder
    private let deciding: Task<Void, Never>
    private let decider: Task<Void, Never>
    private let hook: URL
    private let requests: RequestWriter
    private let writing: Task<Void, Never>
    private let following: Task<Void, Never>
    private let warning: Task<Void, Never>
    private let dropped: DropCount
    package let run: LiveRun

    /// Starts a recorder.
    ///
    /// - Parameters:
    ///   - store: Keeps the requests, and reports what other processes do to the sessions.
    ///   - hook: The Node hook: ``NodeHook/url(program:)``.
    ///   - folder: A folder for the recorder's socket, which only this user can enter. It is created and removed.
    ///   - label: The label of the run and of new sessions.
    ///   - clientID: The client of requests that don't name one.
    ///   - injectsFaults: Whether responses are missing because the development issuer drops them.
    ///   - say: Called with sentences for the person at the terminal.
    package init(
        _ manager: SessionManager, store: any SessionBrowser, hook: URL, folder: URL, label: String, clientID: String?,
        injectsFaults: Bool = false, say: @escaping @Sendable (String) -> Void
    ) throws {
        let (stream, events) = AsyncStream.makeStream(
            of: RecorderEvent.self, bufferingPolicy: .bufferingOldest(Self.limit))
        let requests = RequestWriter(store, source: LiveSource(.node, label: label))
        let run = LiveRun(
            manager: manager, requests: requests, label: label, clientID: clientID, injectsFaults: injectsFaults,
            say: say)
        let dropped = DropCount()
        let rules = TokenRules()
        let decider = RuleDecider(manager, store: store, run: run, rules: rules, say: say)
        recorder = try Recorder(
            folder: folder, rules: rules,
            report: { event in
                if case .dropped(.ended) = events.yield(event) { dropped.increment() }
            }, ended: { events.finish() })
        self.dropped = dropped
        self.hook = hook
        self.run = run
        self.requests = requests
        deciding = Task { await decider.decide() }
        self.decider = Task { await decider.follow() }
        writing = Task { await requests.run() }
        following = Task { for await event in stream { await run.take(event) } }
        warning = Task {
            do { try await Task.sleep(for: Self.silence) } catch { return }
            guard await run.summary.calls == 0 else { return }
            say("No call to www.wixapis.com was seen in the first minute. \(Self.unseen)")
        }
    }

    /// Whether the path of a socket in the folder is short enough for the system.
    package static func canListen(in folder: URL) -> Bool {
        Recorder.socketPath(in: folder).utf8.count < Recorder.pathLimit
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
        warning.cancel()
        recorder.stop()
        decider.cancel()
        await decider.value
        await following.value
        // Renewing a substituted session may take a long time.
        deciding.cancel()
        await deciding.value
        await run.finish()
        writing.cancel()
        await writing.value
        await requests.finish()
        var summary = await run.summary
        summary.dropped += await requests.dropped + dropped.value
        if summary.problem == nil { summary.problem = await requests.problem }
        return summary
    }
}

/// A counter that one thread increments and another reads.
private final class DropCount: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.add(1, ordering: .relaxed) }
}

extension LiveRun {
    /// What was seen so far.
    package struct Summary: Hashable, Sendable {
        package var calls = 0
        package var visitors = 0
        package var renewals = 0
        package var refusals = 0
        package var failures = 0

        /// Calls that aren't in the store because it didn't accept them in time.
        package var dropped = 0

        /// Why the first of them wasn't stored, as a sentence.
        package var problem: String?

        /// The visitors that the application lost, each with the one that replaced it.
        package var lost: [Loss] = []

        /// Tokens that couldn't be stored. There is no other copy but the application's.
        package var unstored: [Tokens] = []

        package init() {}
    }

    /// A visitor whose renewal failed, and the one that the application started instead.
    package struct Loss: Hashable, Sendable {
        package let session: SessionID
        package let replacement: SessionID
    }
}

/// Renewals that failed, until their process requests an anonymous visitor.
struct FailedRenewals {
    /// A new visitor within this time after a failed renewal of the same process replaces the old one.
    private static let lossWindow = Duration.seconds(10)

    private var renewals: [(session: SessionID, process: Int32, at: Duration)] = []

    mutating func add(_ session: SessionID, of process: Int32, at instant: Duration) {
        renewals.removeAll { $0.process == process && $0.session == session }
        renewals.append((session, process, instant))
    }

    /// Removes and returns the session of the process's last failed renewal. `nil`: none failed recently.
    mutating func removeLast(of process: Int32, at instant: Duration, except session: SessionID) -> SessionID? {
        renewals.removeAll { instant - $0.at > Self.lossWindow }
        guard let index = renewals.lastIndex(where: { $0.process == process && $0.session != session }) else {
            return nil
        }
        return renewals.remove(at: index).session
    }
}
