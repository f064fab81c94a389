import CCurl
import Foundation
import Synchronization

/// The thread that runs a transport's exchanges. It sleeps in `poll` while nothing happens.
final class CurlLoop: Sendable {
    enum Command {
        case start(CurlTransfer)
        case cancel(CurlTransfer)
        case cancelAll
        /// The receiver has room again.
        case resume(CurlTransfer)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopped = false
    }

    /// Waiting longer than planned by more than this means that the process or the machine was suspended.
    private static let suspensionThreshold = Duration.seconds(1)

    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer
    private let trust: TrustStore
    private let inbox = Mutex(Inbox())

    /// Starts the thread. `nil`: out of memory.
    init?(trust: TrustStore) {
        guard let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.trust = trust
        let thread = Thread { self.run() }
        thread.name = "HTTP"
        thread.start()
    }

    func send(_ command: Command) {
        inbox.withLock { inbox in
            guard !inbox.isStopped else { return }
            inbox.commands.append(command)
            curl_multi_wakeup(multi)
        }
    }

    private func run() {
        blockSignals()
        var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
        var lastCheck = ContinuousClock.now
        var planned = Duration.zero
        while runCommands(&transfers) {
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var code = CURLE_OK
            while let easy = ccurl_next_done(multi, &code) {
                curl_multi_remove_handle(multi, easy)
                transfers.removeValue(forKey: easy)?.end(code)
            }
            // The rest of a response may still have to arrive: a wait with a suspension doesn't count.
            let now = ContinuousClock.now
            let passed = now - lastCheck
            if passed - planned > Self.suspensionThreshold {
                for transfer in transfers.values { transfer.extendDeadline(by: passed, at: now) }
            }
            lastCheck = now
            for (easy, transfer) in transfers {
                guard let deadline = transfer.deadline, deadline <= now else { continue }
                end(easy, transfer, .timedOut(transfer.request.url), &transfers)
            }
            planned = transfers.values.compactMap(\.deadline).min().map { max($0 - now, .zero) } ?? .seconds(86_400)
            ccurl_multi_wait(multi, Int32(clamping: Int((planned / .milliseconds(1)).rounded(.up))))
        }
        endAll(&transfers)
        curl_multi_cleanup(multi)
    }

    /// Runs the pending commands. Returns whether to continue.
    private func runCommands(_ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]) -> Bool {
        let commands = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for command in commands {
            switch command {
            case .start(let transfer): start(transfer, &transfers)
            case .cancel(let transfer):
                transfer.isCancelled = true
                guard let easy = transfer.easy, transfers[easy] != nil else { continue }
                end(easy, transfer, .cancelled, &transfers)
            case .cancelAll: endAll(&transfers)
            case .resume(let transfer):
                guard let easy = transfer.easy, transfers[easy] != nil else { continue }
                transfer.restartIdleTimer()
                curl_easy_pause(easy, CURLPAUSE_CONT)
            case .stop:
                inbox.withLock { $0.isStopped = true }
                return false
            }
        }
        return true
    }

    private func start(_ transfer: CurlTransfer, _ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]) {
        guard !transfer.isCancelled else { return transfer.end(.cancelled) }
        guard let easy = transfer.prepare(trust), curl_multi_add_handle(multi, easy) == CURLM_OK else {
            return transfer.end(HTTPTransportError(.unsendable, "Out of memory."))
        }
        transfers[easy] = transfer
    }

    private func end(
        _ easy: UnsafeMutableRawPointer, _ transfer: CurlTransfer, _ failure: HTTPTransportError,
        _ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]
    ) {
        transfers[easy] = nil
        curl_multi_remove_handle(multi, easy)
        transfer.end(failure)
    }

    private func endAll(_ transfers: inout [UnsafeMutableRawPointer: CurlTransfer]) {
        for (easy, transfer) in transfers { end(easy, transfer, .cancelled, &transfers) }
    }

    /// Leaves signals to other threads, and turns SIGPIPE into an error here. Crash signals stay unblocked.
    private func blockSignals() {
        var signals = sigset_t()
        sigfillset(&signals)
        for number in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { sigdelset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
